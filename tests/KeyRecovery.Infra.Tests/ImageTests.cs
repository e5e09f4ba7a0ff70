using System.Collections;
using System.Diagnostics;
using System.Formats.Tar;
using System.Text.Json;
using KeyRecovery.Testing.Hosting;
using KeyRecovery.Testing.Needs;

namespace KeyRecovery.Infra.Tests;

/// <summary>
/// The image, on a base that stands in for the real one: what is in it, and that it starts as its numbered user with a
/// root that nothing can be written to. The runtime is this machine's.
/// </summary>
public sealed class ImageTests : IDisposable
{
    private const string Project = "src/KeyRecovery.Api";

    private readonly TempFolder _folder = new();

    private static string Root { get; } = Path.GetFullPath(Path.Combine(Infra.Folder, ".."));

    // As docs/operations.md has it ("The image").
    private static IReadOnlyList<string> PageCommand { get; } =
    [
        "-c", "Release", "-r", "linux-x64", "--self-contained", "false", "-p:PublishReadyToRun=true",
        "-t:PublishContainer",
    ];

    public void Dispose() => _folder.Dispose();

    [Fact]
    public void Its_base_has_ICU_and_its_command_is_the_pages()
    {
        var project = File.ReadAllText(Path.Combine(Root, Project, "KeyRecovery.Api.csproj"));
        Assert.Matches(@"<ContainerBaseImage>mcr\.microsoft\.com/dotnet/aspnet:10\.0-\w+-chiseled-extra<", project);
        foreach (var part in PageCommand) Assert.Contains(part, Page.Text, StringComparison.Ordinal);
    }

    /// <summary>Of what is built here already, for any machine: the files are the same, and none is compiled.</summary>
    [NeedsFact(Need.DockerRegistry, Need.Unshare, Need.Mounting, Need.Linker, Need.SystemdAnalyze, Need.Linux)]
    [Trait("Category", "Long")]
    public Task It_holds_what_a_server_runs_and_starts_as_nobody_on_a_root_that_is_read_only() =>
        AssertImageAsync("--no-build", "-c", Configuration, "-t:PublishContainer", $"-p:PublishDir={_folder["out"]}/");

    [HoursFact]
    [Trait("Category", "Hours")]
    public Task So_it_does_by_the_pages_command() => AssertImageAsync(
        [.. PageCommand, "-p:RunAnalyzers=false", "-p:OpenApiGenerateDocuments=false", "--artifacts-path",
            _folder["artifacts"]]);

    private static string Configuration { get; } =
        new DirectoryInfo(AppContext.BaseDirectory).Parent!.Name;

    // No symbols, no sources, nothing of the SDK, no key and no setting of anybody.
    private static bool IsUnwanted(string name) =>
        !name.StartsWith("app/", StringComparison.Ordinal)
        || Path.GetExtension(name) is ".pdb" or ".cs" or ".csproj" or ".xml" or ".key" or ".pem" or ".pub" or ".pfx"
            or ".db" or ".zip" or ".md"
        || name.Contains("/data/", StringComparison.Ordinal) || name.Contains("/sdk/", StringComparison.Ordinal)
        || Path.GetFileName(name) is "keyrecovery.json" or "root.key" or "kek-ring"
        || ((string[])["Microsoft.Build", "Microsoft.CodeAnalysis", "appsettings", "xunit", "KeyRecovery.Testing"])
            .Any(word => Path.GetFileName(name).StartsWith(word, StringComparison.Ordinal));

    private async Task AssertImageAsync(params string[] command)
    {
        await using var registry = await Registry.StartAsync();
        await PublishAsync(registry, command);
        var (configuration, layer) = await registry.PullAsync("keyrecovery", "test");
        var config = configuration.GetProperty("config");
        Assert.Equal("1654", config.GetProperty("User").GetString());
        Assert.Equal(["dotnet", "/app/KeyRecovery.Api.dll"], Texts(config.GetProperty("Entrypoint")));
        Assert.Contains(config.GetProperty("ExposedPorts").EnumerateObject(), port => port.Name == "5080/tcp");
        var environment = Texts(config.GetProperty("Env")).Select(variable => variable.Split('=', 2))
            .ToDictionary(pair => pair[0], pair => pair[1]);
        Assert.Equal("0", environment["DOTNET_EnableDiagnostics"]);

        var names = Unpack(layer);
        Assert.Contains("app/KeyRecovery.Api.dll", names);
        Assert.Contains("app/LICENSE", names);
        Assert.DoesNotContain(names, IsUnwanted);
        Assert.All(
            (string[])["app/a.pdb", "app/Program.cs", "app/data/ring/root.key", "app/server.pem", "app/b.xml",
                "app/sdk/dotnet.dll", "app/Microsoft.Build.dll", "app/keyrecovery.json", "src/a"],
            name => Assert.True(IsUnwanted(name), name));

        using var restrictions = await Restrictions.OfAsync(
            await File.ReadAllLinesAsync(Infra.Files("systemd", "keyrecovery.service").Single()));
        var image = new Restrictions.Image(
            _folder["app"], config.GetProperty("User").GetString()!, config.GetProperty("WorkingDir").GetString()!,
            [.. environment.Select(variable => $"{variable.Key}={variable.Value}")],
            [.. Texts(config.GetProperty("Entrypoint"))]);
        await using var server = await ServerProcess.StartAsync(
            "/data", 0, new Dictionary<string, string>(), [], restrictions.ServerOf(image), default);
        var (exit, told) = await Restrictions.RunImageBesideAsync(
            server.Id, image, "health", "--url", $"{server.Address}");
        Assert.True(exit == 0, told);
        // As bash sees it from without.
        Assert.Equal(0, (await Restrictions.RunBesideAsync(server.Id, "/usr/bin/touch", "/mnt/data/file")).ExitCode);
        foreach (var place in (string[])["/mnt/file", "/mnt/app/file", "/mnt/usr/file"])
            Assert.NotEqual(0, (await Restrictions.RunBesideAsync(server.Id, "/usr/bin/touch", place)).ExitCode);
        Assert.Contains(
            "Uid:\t1654\t1654\t1654\t1654",
            await File.ReadAllTextAsync($"/proc/{server.Id}/status"), StringComparison.Ordinal);
        Assert.Equal(
            ["dotnet", "/app/KeyRecovery.Api.dll", "serve"],
            (await File.ReadAllTextAsync($"/proc/{server.Id}/cmdline")).Split('\0')[..3]);
        Assert.Equal(0, await server.StopAsync());
        Assert.DoesNotContain("\"@l\":\"Error\"", server.Output, StringComparison.Ordinal);
    }

    private async Task PublishAsync(Registry registry, string[] command)
    {
        var start = new ProcessStartInfo("dotnet",
        [
            "publish", Project, .. command, $"-p:ContainerRegistry={registry.Name}", "-p:ContainerImageTag=test",
            $"-p:ContainerBaseImage={registry.Name}/base:10.0", "-v", "quiet", "-nr:false", "-m:1",
        ])
        { WorkingDirectory = Root, RedirectStandardOutput = true, RedirectStandardError = true };
        // The build that may have started this one is not that one's.
        foreach (var name in Environment.GetEnvironmentVariables().Cast<DictionaryEntry>().Select(e => (string)e.Key)
            .Where(name => name.StartsWith("MSBUILD", StringComparison.OrdinalIgnoreCase)))
            start.Environment.Remove(name);
        start.Environment["DOTNET_CONTAINER_INSECURE_REGISTRIES"] = registry.Name;
        start.Environment.Remove("CI");
        using var publish = Process.Start(start)!;
        var (output, error) = (publish.StandardOutput.ReadToEndAsync(), publish.StandardError.ReadToEndAsync());
        await publish.WaitForExitAsync().WaitAsync(TimeSpan.FromMinutes(20));
        Assert.True(publish.ExitCode == 0, await output + await error);
    }

    private List<string> Unpack(byte[] layer)
    {
        var names = new List<string>();
        using var reader = new TarReader(new MemoryStream(layer));
        while (reader.GetNextEntry() is { } entry)
        {
            if (entry.EntryType == TarEntryType.Directory) continue;
            names.Add(entry.Name.TrimStart('.', '/'));
            var file = _folder[names[^1]];
            Directory.CreateDirectory(Path.GetDirectoryName(file)!);
            entry.ExtractToFile(file, overwrite: true);
        }

        return names;
    }

    private static IEnumerable<string> Texts(JsonElement list) =>
        list.EnumerateArray().Select(text => text.GetString()!);
}
