using System.Text.Json;
using KeyRecovery.Cli.Demo.Telling;
using KeyRecovery.Cli.Demo.World;

namespace KeyRecovery.Cli.Demo.Steps;

/// <summary>The server's disk dies, and yesterday's set comes back: for everybody but Alex, who has left.</summary>
internal sealed class RestoreStep : DemoStep
{
    public override string Name => "restore";

    public override string Title => "The disk dies, and yesterday's backup does not bring Alex back";

    public override async Task RunAsync(DemoWorld world, StepTale tale, CancellationToken ct)
    {
        var port = world.Host.Address.Port;
        await world.Host.DisposeAsync();
        Directory.Delete(Path.Combine(world.ServerFolder, "data", "stores"), recursive: true);
        tale.Say("The data store is lost. Yesterday's set was made when Alex's account was still there.");

        var (exit, output) = await DemoHost.RunVerbAsync(
            world.ServerFolder, ["restore", "--from", world.BackupSet, "--json"], ct);
        tale.Holds(exit == 0, "the set is restored: in quarantine first, until what was erased is gone from it");
        var joined = JsonDocument.Parse(output).RootElement.GetProperty("joined");
        tale.Holds(
            joined.GetProperty("orphans").GetInt32() == 1, "one account's data had no key any more, and were removed");

        world.Host = await DemoHost.StartAsync(world.ServerFolder, port, ct);
        using (var bea = StepTale.Works(await world.Bea.Client.OpenAsync(ct)))
            tale.Holds(StepTale.Works(await bea.GetAsync("identity key", null, ct)).AsSpan()
                .SequenceEqual(world.BeasKey), "Bea's phone finds everything as it was");
        tale.Holds(
            await world.NewPhone.Vault.RefreshAsync(ct)
                is Result<VaultSession>.Failed { Failure: ClientFailure.Erased { Receipt: not null } },
            "Alex's phone hears what it heard before: erased, with the receipt");
        tale.Holds(await world.Device("one more machine", "restored").Client
            .BeginRecoveryAsync(world.Code, null, ct) is not Result<RecoverySession>.Ok,
            "and the paper opens nothing");
        tale.Fact("accounts", joined.GetProperty("accounts").GetInt32());
    }
}
