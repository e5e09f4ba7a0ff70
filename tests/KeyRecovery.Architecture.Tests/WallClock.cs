using System.Text.RegularExpressions;

namespace KeyRecovery.Architecture.Tests;

/// <summary>
/// Ages and holds go by one clock (docs/protocol.md §9.6). Who else of the server reads the wall clock is listed here,
/// and says why nobody waits by it.
/// </summary>
public partial class WallClock
{
    private static readonly string[] Server = ["KeyRecovery.Service", "KeyRecovery.Api", "KeyRecovery.Storage.Files",
        "KeyRecovery.Storage.Sqlite"];

    private static readonly Dictionary<string, string> Readers = new()
    {
        ["src/KeyRecovery.Service/Clocks/ServerClock.cs"] = "the one clock",
        ["src/KeyRecovery.Api/Auth/DevelopmentIssuer.cs"] = "a token's lifetime is told by the wall clock",
        ["src/KeyRecovery.Api/Auth/JwtRules.cs"] = "a token's lifetime is another machine's word",
        ["src/KeyRecovery.Api/Auth/SignedRequests.cs"] = "a signature's time is another machine's word",
        ["src/KeyRecovery.Api/Auth/ValidTokens.cs"] = "a token is remembered no longer than it lives",
        ["src/KeyRecovery.Api/Backups/AccountRestore.cs"] = "a command that has just started",
        ["src/KeyRecovery.Api/Backups/BackupRuns.cs"] = "refuses while the clock is not believed",
        ["src/KeyRecovery.Api/Backups/Rehearsal.cs"] = "a command that has just started",
        ["src/KeyRecovery.Api/Backups/RestoreRefusals.cs"] = "a command that has just started",
        ["src/KeyRecovery.Api/Backups/RestoreRun.cs"] = "a command that has just started",
        ["src/KeyRecovery.Api/Endpoints/ConfigEndpoints.cs"] = "tells the time",
        ["src/KeyRecovery.Api/Hosting/ClockDoubt.cs"] = "tells whether it may be wrong",
        ["src/KeyRecovery.Api/Http/ProblemResult.cs"] = "tells the time",
        ["src/KeyRecovery.Api/Maintenance/BackupWatch.cs"] = "a file's time is the wall clock's",
        ["src/KeyRecovery.Storage.Files/Fence/BackupSetList.cs"] = "asked while the clock is believed alone",
        ["src/KeyRecovery.Storage.Files/Ring/FileKekRing.cs"] = "tells since when a KEK is there",
    };

    [Fact]
    public void Nobody_else_of_the_server_reads_it()
    {
        var files = Server.SelectMany(project => Repository.Files($"src/{project}")).ToList();
        Assert.True(files.Count > 300);
        Assert.Equal(
            Readers.Keys.Order(StringComparer.Ordinal),
            files.Where(file => Reads(string.Join('\n', Repository.Lines(file)))).Order(StringComparer.Ordinal));
    }

    [Theory]
    [InlineData("var now = time.GetUtcNow();", true)]
    [InlineData("var now = DateTime.UtcNow;", true)]
    [InlineData("var now = DateTimeOffset.Now.AddDays(1);", true)]
    [InlineData("var now = clock.Now.Latest;", false)]
    public void Reading_it_would_be_found(string line, bool isFound) => Assert.Equal(isFound, Reads(line));

    private static bool Reads(string text) => Reading().IsMatch(text);

    [GeneratedRegex(@"\bGetUtcNow\(|\bGetLocalNow\(|\bDateTime(Offset)?\.(Utc)?(Now|Today)\b")]
    private static partial Regex Reading();
}
