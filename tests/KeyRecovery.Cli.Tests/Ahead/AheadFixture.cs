using KeyRecovery.Cli.Tests.Support;

namespace KeyRecovery.Cli.Tests.Ahead;

/// <summary>
/// A server, and the command line as the tool's package has it, compiled ahead for this machine: the one that the tests
/// are given, or one that is packed and installed once, when a test asks.
/// </summary>
public sealed class AheadFixture : CliFixture
{
    private readonly Lazy<Task<string>> _installed;

    /// <summary>Packs nothing yet.</summary>
    public AheadFixture() => _installed = new(InstallAsync);

    /// <summary>The executable.</summary>
    public Task<string> InstalledAsync() =>
        CommandLine.Ahead is { } given ? Task.FromResult(given) : _installed.Value;

    /// <summary>A command line of the executable with an empty home.</summary>
    public async Task<CommandLine> NewAheadAsync() =>
        new(Server.Address, NewPath()) { Executable = await InstalledAsync() };

    private async Task<string> InstallAsync()
    {
        var (feed, tool) = (NewPath(".feed"), NewPath(".tool"));
        var script = Path.GetFullPath(
            Path.Combine(Path.GetDirectoryName(CommandLine.Program)!, "../../../../../.ci/pack"));
        var (exit, told) = await OtherProgram.RunAsync("bash", script, feed, "tool", "ahead");
        Assert.True(exit == 0, told);
        (exit, told) = await OtherProgram.RunAsync(
            "dotnet", "tool", "install", "keyrecovery", "--tool-path", tool, "--source", feed);
        Assert.True(exit == 0, told);
        return Path.Combine(tool, "keyrecovery");
    }
}
