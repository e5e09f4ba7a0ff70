using System.Text.Json;
using KeyRecovery.Cli.Demo.Telling;
using KeyRecovery.Cli.Demo.World;
using KeyRecovery.Cli.Development;

namespace KeyRecovery.Cli.Demo.Steps;

/// <summary>The operator backs the server up, as every night.</summary>
internal sealed class BackupSetStep : DemoStep
{
    public override string Name => "backup-set";

    public override string Title => "Another user, and a night's backup of the server";

    public override async Task RunAsync(DemoWorld world, StepTale tale, CancellationToken ct)
    {
        world.Bea = world.Device("Bea's phone", "bea");
        var token = await DevelopmentToken.FetchAsync(world.Host.Address, DemoWorld.App, "bea@example.org", ct);
        var created = await world.Bea.Client.CreateAsync(
            token.Token,
            new CreateOptions { DeviceName = world.Bea.Name, Code = null,
                Items = [new ItemEdit.Put("identity key", world.BeasKey)] }, ct);
        using (StepTale.Works(created)) tale.Say("Bea uses the app too.");

        var (made, _) = await DemoHost.RunVerbAsync(
            world.ServerFolder,
            ["offline-key", "--private", world["offline.key"], "--public",
                Path.Combine(world.ServerFolder, "offline.pub")], ct);
        tale.Holds(
            made == 0,
            "the operator draws an offline key: its private half goes into a safe, the public one to the server");

        var (exit, output) = await DemoHost.RunVerbAsync(
            world.ServerFolder, ["backup", "--to", world["backups"], "--json"], ct);
        tale.Holds(
            exit == 0, "the running server writes a backup set: ciphertexts, and its key store sealed as a whole");
        var report = JsonDocument.Parse(output).RootElement;
        world.BackupSet = report.GetProperty("set").GetString()!;
        tale.Holds(File.Exists(report.GetProperty("escrow").GetString()),
            "what opens the keys lies apart, sealed to the offline key, and is destroyed after thirty days");

        var (read, told) = await DemoHost.RunVerbAsync(
            world.ServerFolder,
            ["restore", "--from", world.BackupSet, "--rehearse", "--json", "--escrow", report.GetProperty("escrow")
                .GetString()!, "--offline-key", world["offline.key"]], ct);
        tale.Holds(
            read == 0,
            $"a rehearsal reads it whole: {JsonDocument.Parse(told).RootElement.GetProperty("accounts").GetInt32()} "
            + "accounts would come back");
        tale.Fact("bytes", report.GetProperty("dataBytes").GetInt64());
    }
}
