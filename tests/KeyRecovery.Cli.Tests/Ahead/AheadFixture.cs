using KeyRecovery.Cli.Tests.Support;

namespace KeyRecovery.Cli.Tests.Ahead;

/// <summary>
/// A server, and the command line as it is compiled ahead for this machine: the one that the tests are given, or one
/// that is published once, when a test asks.
/// </summary>
public sealed class AheadFixture : CliFixture
{
    private readonly Lazy<Task<string>> _published;

    /// <summary>Publishes nothing yet.</summary>
    public AheadFixture() => _published = new(PublishAsync);

    /// <summary>The executable. Beside it lies what the build said, <c>told</c>.</summary>
    public Task<string> PublishedAsync() =>
        CommandLine.Ahead is { } given ? Task.FromResult(given) : _published.Value;

    /// <summary>A command line of the executable with an empty home.</summary>
    public async Task<CommandLine> NewAheadAsync() =>
        new(Server.Address, NewPath()) { Executable = await PublishedAsync() };

    private async Task<string> PublishAsync()
    {
        var folder = NewPath(".published");
        var script = Path.GetFullPath(
            Path.Combine(Path.GetDirectoryName(CommandLine.Program)!, "../../../../../.ci/publish-ahead"));
        var (exit, told) = await OtherProgram.RunAsync("bash", script, folder);
        Assert.True(exit == 0, told);
        return Path.Combine(folder, "keyrecovery");
    }
}
