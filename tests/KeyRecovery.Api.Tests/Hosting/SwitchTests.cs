using KeyRecovery.Api.Hosting;
using KeyRecovery.Api.Tests.Support;

namespace KeyRecovery.Api.Tests.Hosting;

/// <summary>Verbs take what they know, and settings.</summary>
public sealed class SwitchTests
{
    [Theory]
    [InlineData("restore", "--from", "x", "--replace", "--rehearsal")]
    [InlineData("restore", "--from", "x", "--rehearse", "y")]
    [InlineData("backup", "--to", "x", "--data-olny")]
    [InlineData("check", "--jsn")]
    [InlineData("rotate", "root")]
    [InlineData("init", "--urls")]
    public async Task A_switch_that_was_mistyped_is_never_dropped(params string[] args)
    {
        using var directory = new TempDirectory();
        Assert.Equal(2, await Verbs.RunAsync([args[0], "--KeyRecovery:DataDirectory", directory.Path, .. args[1..]]));
        Assert.Empty(Directory.GetFileSystemEntries(directory.Path));
    }
}
