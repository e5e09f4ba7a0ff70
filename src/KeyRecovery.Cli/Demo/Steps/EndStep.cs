using System.Diagnostics;
using KeyRecovery.Cli.Demo.Telling;
using KeyRecovery.Cli.Demo.World;
using KeyRecovery.Cli.Output;

namespace KeyRecovery.Cli.Demo.Steps;

/// <summary>The server stops in order, and nothing stays behind.</summary>
internal sealed class EndStep(bool keep) : DemoStep
{
    public override string Name => "end";

    public override string Title => "The end";

    public override async Task RunAsync(DemoWorld world, StepTale tale, CancellationToken ct)
    {
        world.NewPhone.Dispose();
        if (world.Realms is not null) await world.Realms.StopAsync();
        var clock = Stopwatch.StartNew();
        var exitCode = await world.Host.StopAsync();
        tale.Holds(exitCode == 0
            || OperatingSystem.IsWindows(), $"the server stopped in order, in {Words.Duration(clock.Elapsed)}");
        world.Clean();
        if (!keep) tale.Holds(!Directory.Exists(world.Folder), "the temporary folder is gone");
        tale.Fact("exitCode", exitCode ?? -1);
        tale.Fact("folderGone", !Directory.Exists(world.Folder));
    }
}
