using System.IO.Compression;
using System.Reflection.Metadata;
using System.Reflection.PortableExecutable;
using System.Xml.Linq;
using KeyRecovery.Packages.Tests.Support;
using KeyRecovery.Testing.Needs;

namespace KeyRecovery.Packages.Tests;

/// <summary>What is in the packages, and that the tool's installs.</summary>
[Trait("Category", "Long")]
public sealed class PackageTests(Feed feed) : IClassFixture<Feed>
{
    private static readonly Guid EmbeddedSource = new("0E8A571B-6926-466E-B4AD-8AB04611F5FE");

    [NeedsFact(Need.Linker)]
    public async Task The_libraries_and_the_tool_are_packed_and_nothing_of_the_server()
    {
        var packages = Directory.GetFiles(await feed.FolderAsync(), "*.nupkg")
            .Select(Path.GetFileName).Order(StringComparer.Ordinal);
        Assert.Equal(
            [
                "KeyRecovery.Client", "KeyRecovery.Client.DependencyInjection", "KeyRecovery.Protocol", "keyrecovery",
                "keyrecovery.any", "keyrecovery.linux-x64",
            ],
            packages.Select(name => name![..name!.IndexOf(".0.", StringComparison.Ordinal)]));
        foreach (var id in (string[])["keyrecovery", "keyrecovery.any", "keyrecovery.linux-x64"])
        {
            using var package = await feed.OpenAsync(id);
            Assert.DoesNotContain(
                package.Entries, entry => entry.Name is "KeyRecovery.Api.dll" or "KeyRecovery.Service.dll"
                    || entry.Name.EndsWith(".dbg", StringComparison.Ordinal));
        }

        var told = await File.ReadAllLinesAsync(Path.Combine(await feed.FolderAsync(), "told"));
        Assert.DoesNotContain(told, line => line.Contains("warning", StringComparison.OrdinalIgnoreCase));
        Assert.Contains("lock files: unchanged", told);
    }

    [NeedsTheory(Need.Linker)]
    [InlineData("KeyRecovery.Protocol")]
    [InlineData("KeyRecovery.Client")]
    [InlineData("KeyRecovery.Client.DependencyInjection")]
    [InlineData("keyrecovery")]
    [InlineData("keyrecovery.any")]
    [InlineData("keyrecovery.linux-x64")]
    public async Task A_package_has_readme_licence_notices_and_icon(string id)
    {
        using var package = await feed.OpenAsync(id);
        var metadata = XDocument.Load(package.GetEntry($"{id}.nuspec")!.Open()).Root!.Elements().First();
        string Text(string name) => metadata.Elements().Single(e => e.Name.LocalName == name).Value;
        Assert.Equal(
            ("Apache-2.0", "README.md", "icon.png"), (Text("license"), Text("readme"), Text("icon")));
        Assert.All((string[])["LICENSE", "NOTICE", "README.md", "icon.png"],
            name => Assert.True(package.GetEntry(name)!.Length > 100, name));
        Assert.False(string.IsNullOrWhiteSpace(Text("description")));
    }

    [NeedsTheory(Need.Linker)]
    [InlineData("KeyRecovery.Protocol", 50)]
    [InlineData("KeyRecovery.Client", 50)]
    [InlineData("KeyRecovery.Client.DependencyInjection", 3)]
    public async Task A_library_has_documentation_symbols_and_all_sources_and_no_path_of_a_machine(
        string id, int files)
    {
        using var package = await feed.OpenAsync(id);
        Assert.True(package.GetEntry($"lib/net10.0/{id}.xml")!.Length > 50 * files);
        var bytes = Read(package.GetEntry($"lib/net10.0/{id}.dll")!);
        Assert.Equal(-1, bytes.AsSpan().IndexOf(System.Text.Encoding.UTF8.GetBytes(Feed.Repository)));

        using var assembly = new PEReader(new MemoryStream(bytes));
        var entries = assembly.ReadDebugDirectory();
        Assert.Contains(entries, entry => entry.Type == DebugDirectoryEntryType.Reproducible);
        using var symbols = assembly.ReadEmbeddedPortablePdbDebugDirectoryData(
            entries.Single(entry => entry.Type == DebugDirectoryEntryType.EmbeddedPortablePdb));
        var reader = symbols.GetMetadataReader();
        Assert.True(reader.Documents.Count >= files);
        Assert.All(reader.Documents, handle =>
        {
            var name = reader.GetString(reader.GetDocument(handle).Name);
            Assert.StartsWith("/_/", name, StringComparison.Ordinal);
            Assert.Contains(reader.GetCustomDebugInformation(handle), information =>
                reader.GetGuid(reader.GetCustomDebugInformation(information).Kind) == EmbeddedSource);
        });
    }

    [NeedsFact(Need.Linker)]
    public async Task Packed_again_in_another_folder_a_library_is_the_same_to_the_byte()
    {
        var (copy, again) = (feed.NewFolder(), feed.NewFolder());
        (await Command.RunAsync(Feed.Repository, "git", "clone", "--quiet", "--no-hardlinks", ".", copy)).Succeeded();
        // What is being worked on, too.
        (await Command.RunAsync(Feed.Repository, "cp", "-r", "src/.", Path.Combine(copy, "src"))).Succeeded();
        (await Command.RunAsync(copy, Path.Combine(copy, ".ci/pack"), again, "libraries")).Succeeded();
        foreach (var id in (string[])[
            "KeyRecovery.Protocol", "KeyRecovery.Client", "KeyRecovery.Client.DependencyInjection"])
        {
            using var first = await feed.OpenAsync(id);
            // Of this id, and of none that begins so.
            using var second = ZipFile.OpenRead(Assert.Single(
                Directory.GetFiles(again, id + ".*.nupkg"),
                path => char.IsAsciiDigit(Path.GetFileName(path)[id.Length + 1])));
            Assert.Equal(
                Read(first.GetEntry($"lib/net10.0/{id}.dll")!), Read(second.GetEntry($"lib/net10.0/{id}.dll")!));
        }
    }

    [NeedsFact(Need.Linker)]
    public async Task The_tool_installs_from_a_feed_compiled_ahead_and_its_portable_package_says_the_same()
    {
        var (source, tools, portable) = (await feed.FolderAsync(), feed.NewFolder(), feed.NewFolder());
        (await Command.RunAsync(tools, "dotnet", "tool", "install", "keyrecovery", "--tool-path", tools,
            "--source", source)).Succeeded();
        var installed = Path.Combine(tools, "keyrecovery");
        var ahead = (await Command.RunAsync(tools, installed, "--version")).Succeeded();
        Assert.Equal("\u007fELF"u8.ToArray(), (await File.ReadAllBytesAsync(installed))[..4]);

        using (var package = await feed.OpenAsync("keyrecovery.any"))
            package.ExtractToDirectory(portable);
        var program = Path.Combine(portable, "tools/net10.0/any/keyrecovery.dll");
        Assert.Equal(ahead.Output, (await Command.RunAsync(tools, "dotnet", program, "--version")).Succeeded().Output);
        Assert.Equal(
            (await Command.RunAsync(tools, installed, "--help")).Succeeded().Output,
            (await Command.RunAsync(tools, "dotnet", program, "--help")).Succeeded().Output);
    }

    private static byte[] Read(ZipArchiveEntry entry)
    {
        using var content = new MemoryStream();
        using var stream = entry.Open();
        stream.CopyTo(content);
        return content.ToArray();
    }
}
