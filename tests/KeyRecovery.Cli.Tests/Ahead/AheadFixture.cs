using System.Diagnostics;
using KeyRecovery.Cli.Tests.Support;

namespace KeyRecovery.Cli.Tests.Ahead;

/// <summary>A server, and the command line as it is compiled ahead for this machine: once, when a test asks.</summary>
public sealed class AheadFixture : CliFixture
{
    private static readonly TimeSpan Limit = TimeSpan.FromMinutes(9);

    private readonly Lazy<Task<(string Program, string Told)>> _published;

    /// <summary>Publishes nothing yet.</summary>
    public AheadFixture() => _published = new(PublishAsync);

    /// <summary>The executable, and what the build said.</summary>
    public Task<(string Program, string Told)> PublishedAsync() => _published.Value;

    /// <summary>A command line of the executable with an empty home.</summary>
    public async Task<CommandLine> NewAheadAsync() =>
        new(Server.Address, NewPath()) { Executable = (await PublishedAsync()).Program };

    private async Task<(string Program, string Told)> PublishAsync()
    {
        // Built apart: a build in the tree would change what other tests run.
        var (artifacts, output) = (NewPath(".artifacts"), NewPath(".published"));
        var project = Path.GetFullPath(
            Path.Combine(Path.GetDirectoryName(CommandLine.Program)!, "../../../KeyRecovery.Cli.csproj"));
        var start = new ProcessStartInfo("dotnet",
        [
            "publish", project, "-r", "linux-x64", "-p:PublishAot=true", "-p:UseSharedCompilation=false", "-nr:false",
            "--artifacts-path", artifacts, "-o", output,
        ])
        {
            RedirectStandardOutput = true, RedirectStandardError = true,
        };
        // The build that runs this test is not that one's.
        foreach (var name in start.Environment.Keys
            .Where(k => k.StartsWith("MSBUILD", StringComparison.OrdinalIgnoreCase)).ToList())
            start.Environment.Remove(name);
        using var process = Process.Start(start)!;
        var (told, error) = (process.StandardOutput.ReadToEndAsync(), process.StandardError.ReadToEndAsync());
        await process.WaitForExitAsync().WaitAsync(Limit);
        var all = await told + await error;
        Assert.True(process.ExitCode == 0, all);
        return (Path.Combine(output, "keyrecovery"), all);
    }
}
