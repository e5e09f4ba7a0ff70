using KeyRecovery.Testing.Hosting;
using KeyRecovery.Testing.Needs;

namespace KeyRecovery.EndToEnd.Tests.Inspection;

/// <summary>Z17: a server that crashes leaves no file with its keys.</summary>
public sealed class CoreDumpTests
{
    [NeedsFact(Need.Linux)]
    public async Task Z17_a_host_that_crashes_writes_no_core_and_another_program_does()
    {
        using var folder = new TempFolder();
        Assert.True(await Crash.WritesCoreAsync(folder.Path, "ready", "sh", "-c", "echo ready; exec sleep 60"));
        Assert.False(await Crash.WritesCoreAsync(folder.Path, "Listening on",
            "dotnet", Path.Combine(AppContext.BaseDirectory, "KeyRecovery.Api.dll"), "serve",
            "--environment", "Development", "--urls", "http://127.0.0.1:0",
            "--KeyRecovery:DataDirectory", folder["data"]));
    }
}
