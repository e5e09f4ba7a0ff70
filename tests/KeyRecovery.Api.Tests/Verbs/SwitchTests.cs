using KeyRecovery.Api.Tests.Support;
using KeyRecovery.Api.Verbs;

namespace KeyRecovery.Api.Tests.Verbs;

/// <summary>Verbs take what they know, and settings.</summary>
public sealed class SwitchTests
{
    [Theory]
    [InlineData("restore", "--from", "x", "--replace", "--rehearsal")]
    [InlineData("restore", "--from", "x", "--rehearse", "y")]
    [InlineData("backup", "--to", "x", "--data-olny")]
    [InlineData("check", "--jsn")]
    [InlineData("rotate", "root")]
    [InlineData("migrate", "--dry-run")]
    [InlineData("migrate", "--from", "sqlite")]
    [InlineData("migrate", "--from", "cosmos", "--to", "sqlite")]
    [InlineData("migrate", "--from", "sqlite", "--to", "sqlite")]
    [InlineData("migrate", "--from", "sqlite", "--to", "cosmos", "--dryrun")]
    [InlineData("migrate", "--from", "sqlite", "--to", "cosmos", "--dry-run", "--give-up")]
    [InlineData("migrate", "--from", "sqlite", "--to", "cosmos", "--at-once", "0")]
    [InlineData("init", "--urls")]
    public async Task A_switch_that_was_mistyped_is_never_dropped(params string[] args)
    {
        using var directory = new TempDirectory();
        Assert.Equal(
            2, await VerbTable.RunAsync([args[0], "--KeyRecovery:DataDirectory", directory.Path, .. args[1..]]));
        Assert.Empty(Directory.GetFileSystemEntries(directory.Path));
    }
}
