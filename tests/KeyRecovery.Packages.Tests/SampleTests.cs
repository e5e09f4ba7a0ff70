using System.Diagnostics;
using System.Text;
using System.Text.RegularExpressions;
using KeyRecovery.Packages.Tests.Support;
using KeyRecovery.Testing.Hosting;
using KeyRecovery.Testing.Needs;

namespace KeyRecovery.Packages.Tests;

/// <summary>
/// What a developer copies: the README's code and the sample app, in projects that have the packages alone.
/// </summary>
[Trait("Category", "Long")]
public sealed partial class SampleTests(Feed feed) : IClassFixture<Feed>
{
    // In bytes; it is 12.3 MB, and docs/performance.md has how to see what is in it.
    private const long LargestSample = 12_800_000;

    // What only somebody needs who judges passphrases, and what nobody does.
    private static readonly string[] Strangers =
    [
        "zxcvbn-core", "System.Text.RegularExpressions", "System.Private.Xml",
        "System.Net.Quic", "System.Net.WebSockets",
    ];

    // What the README's code takes from the app around it.
    private const string Around = """
        string folder = args[0], appToken = args[1], typed = args[2], typedText = args[3];
        byte[] identityKey = [];
        System.Collections.Immutable.ImmutableArray<AuthorityId> lostDevices = [];
        AuthorityId laptop = default;
        CancellationToken stop = default;
        void Show(object what) { }
        void Decide(object what) { }
        """;

    [NeedsFact(Need.Linker)]
    public async Task The_READMEs_code_compiles_as_it_is_printed()
    {
        var readme = await File.ReadAllTextAsync(Path.Combine(Feed.Repository, "README.md"));
        var printed = CSharp().Match(readme).Groups[1].Value;
        var body = printed.IndexOf("\n\n", StringComparison.Ordinal);
        Assert.StartsWith("using ", printed, StringComparison.Ordinal);

        var program = $"{printed[..body]}\n{Around}\n{printed[body..]}";
        var built = await BuildAsync(program);
        Assert.True(built.ExitCode == 0, built.Output);
        Assert.NotEqual(0, (await BuildAsync(program + "\nvault.Nothing();")).ExitCode);
    }

    [NeedsFact(Need.Linker)]
    public async Task The_sample_app_compiled_ahead_without_a_warning_lives_through_its_day()
    {
        var project = new FreshProject(feed.NewFolder());
        await project.WriteAsync(
            await feed.FolderAsync(),
            await File.ReadAllTextAsync(Path.Combine(Feed.Repository, "samples/messenger/Program.cs")));
        var published = (await project.RunAsync(
            "publish", "-r", "linux-x64", "-p:PublishAot=true", "-o", "out", "-nr:false",
            "-p:UseSharedCompilation=false")).Succeeded();
        Assert.DoesNotContain("warning", published.Output, StringComparison.OrdinalIgnoreCase);
        PaysForWhatItUses(await File.ReadAllBytesAsync(Path.Combine(project.Folder, "out", "app")));

        using var folder = new TempFolder();
        await using var server = await ServerProcess.StartAsync(folder["data"]);
        var (exit, told) = await LiveAsync(
            Path.Combine(project.Folder, "out", "app"), server.Address, folder["home"], await server.TokenAsync("ann"));
        Assert.True(exit == 0, told);
        var lines = told.Split('\n', StringSplitOptions.RemoveEmptyEntries);
        Assert.Equal(
            ["created", "opened", "linked", "revoked", "recovered"],
            lines.Where(line => !line.StartsWith("told: ", StringComparison.Ordinal))
                .Select(line => line.Split(' ')[0]));
        Assert.Contains("told: Added", lines);
        Assert.Contains("told: Removed", lines);
    }

    // An assembly of which something is in a program stands in it by its name.
    private static void PaysForWhatItUses(byte[] program)
    {
        Assert.True(
            program.Length <= LargestSample,
            $"the sample has {program.Length:N0} bytes: an app pays for something new that it does not use");
        bool Has(string assembly) => program.AsSpan().IndexOf(Encoding.UTF8.GetBytes(assembly)) >= 0;
        Assert.All(
            (string[])["KeyRecovery.Client", "System.Net.Http", "Tmds.DBus.Protocol"], a => Assert.True(Has(a), a));
        Assert.All(Strangers, a => Assert.False(Has(a), $"{a} is in an app that does not use it"));
    }

    private async Task<Command> BuildAsync(string program)
    {
        var project = new FreshProject(feed.NewFolder());
        await project.WriteAsync(await feed.FolderAsync(), program);
        return await project.RunAsync("build", "-nr:false", "-p:UseSharedCompilation=false");
    }

    private static async Task<(int ExitCode, string Output)> LiveAsync(
        string program, Uri server, string home, string token)
    {
        using var process = Process.Start(new ProcessStartInfo(program, [server.AbsoluteUri, home])
        {
            RedirectStandardInput = true, RedirectStandardOutput = true, RedirectStandardError = true,
        })!;
        var (output, error) = (process.StandardOutput.ReadToEndAsync(), process.StandardError.ReadToEndAsync());
        await process.StandardInput.WriteLineAsync(token);
        process.StandardInput.Close();
        await process.WaitForExitAsync().WaitAsync(TimeSpan.FromMinutes(3));
        return (process.ExitCode, await output + await error);
    }

    [GeneratedRegex("```csharp\n(.*?)```", RegexOptions.Singleline)]
    private static partial Regex CSharp();
}
