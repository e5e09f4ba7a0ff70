using KeyRecovery.Cli.Demo.Telling;
using KeyRecovery.Cli.Demo.World;
using KeyRecovery.Cli.Output;

namespace KeyRecovery.Cli.Demo.Steps;

/// <summary>The drill: the code opens everything today, and changes nothing.</summary>
internal sealed class DrillStep : DemoStep
{
    public override string Name => "drill";

    public override string Title => "A drill, while nothing is lost";

    public override async Task RunAsync(DemoWorld world, StepTale tale, CancellationToken ct)
    {
        tale.Say("Alex types the code on another machine, to see that it still works.");
        var machine = world.Device("another machine", "drill");
        using var session = StepTale.Works(await machine.Client.BeginRecoveryAsync(world.Code, null, ct));
        var opened = StepTale.Works(await session.CheckItemsAsync(null, ct));
        tale.Holds(opened == world.Items.Length,
            $"the code opens all {opened} items today, {Words.Size(session.Items.Sum(i => i.Length))}");

        StepTale.Works(await world.Phone.Vault.RefreshAsync(ct));
        tale.Holds(world.Phone.Vault.Version == world.VersionWhenLost && !Directory.Exists(machine.Home),
            "nothing was changed: not on the server, not on that machine");
        tale.Fact("opened", opened);
        tale.Fact("requests", machine.Requests);
    }
}
