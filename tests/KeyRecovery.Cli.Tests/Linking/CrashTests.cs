using KeyRecovery.Cli.Tests.Support;
using KeyRecovery.Testing.Hosting;
using KeyRecovery.Testing.Needs;

namespace KeyRecovery.Cli.Tests.Linking;

/// <summary>Z17: a command that crashes in the middle of moving keys leaves no file with them.</summary>
[Collection(PortableTests.Name)]
public sealed class CrashTests(PortableFixture fixture)
{
    [NeedsFact(Need.Linux)]
    public async Task Z17_a_command_that_crashes_writes_no_core_and_another_program_does()
    {
        using var folder = new TempFolder();
        var (phone, _) = await fixture.NewAccountAsync();
        Assert.True(await Crash.WritesCoreAsync(folder.Path, "ready", "sh", "-c", "echo ready; exec sleep 60"));
        Assert.False(await Crash.WritesCoreAsync(folder.Path, "Good for", phone.Words("link", "show")));
    }
}
