using System.Diagnostics;
using KeyRecovery.Cli.Demo.Telling;
using KeyRecovery.Cli.Demo.World;
using KeyRecovery.Cli.Output;

namespace KeyRecovery.Cli.Demo.Steps;

/// <summary>
/// The code alone makes the new phone a device of the account, and the lost one is removed in the same link.
/// </summary>
internal sealed class RecoverStep : DemoStep
{
    public override string Name => "recover";

    public override string Title => "Recovered, with the paper alone";

    public override async Task RunAsync(DemoWorld world, StepTale tale, CancellationToken ct)
    {
        tale.Say("In small letters and with spaces; no password, no e-mail, no token of the app.");
        var clock = Stopwatch.StartNew();
        if (RecoveryCode.Parse(world.Paper.ToLowerInvariant()) is not RecoveryCodeParse.Ok { Code: var code})
            throw new DemoFailedException("the code is read");
        using (code)
        {
            using var session = StepTale.Works(await world.NewPhone.Client.BeginRecoveryAsync(code, null, ct));
            tale.Show(people => people.Write(new Padder(Devices(session.Authorities), new Padding(6, 0, 0, 0))));
            tale.Holds(session.Devices is [var phone] && phone.Id == world.LostDevice,
                "shown before anything is changed: one device, Alex's phone, which is lost");
            var recovered = StepTale.Works(await session.CompleteAsync(world.NewPhone.Name, [world.LostDevice], ct));
            world.NewPhone.Vault = recovered.Vault;
            tale.Holds(recovered.NotRemoved.IsEmpty,
                $"the new phone is in the account, {Words.Duration(clock.Elapsed)} and {world.NewPhone.Requests} "
                + "requests later");
        }
        var vault = world.NewPhone.Vault;
        tale.Holds(vault.Version == world.VersionWhenLost + 1 && vault.Authorities.All(a => a.Id != world.LostDevice),
            "the lost phone was removed in the same commit");
        tale.Holds(vault.Epoch == 2,
            "a new epoch has begun: what is stored from now on is sealed under keys that the lost phone never had");
        tale.Fact("deviceId", vault.Device.ToString());
        tale.Fact("removed", world.LostDevice.ToString());
        tale.Fact("epoch", vault.Epoch);
        tale.Fact("requests", world.NewPhone.Requests);
    }

    private static Table Devices(IEnumerable<AuthorityInfo> authorities)
    {
        var table = new Table().Border(TableBorder.Simple).AddColumns("Who", "Kind", "Added");
        foreach (var authority in authorities)
            table.AddRow(Terminal.Cell(Words.Name(authority)), Terminal.Cell(Words.Kind(authority.Kind)),
                Terminal.Cell(Words.Time(authority.Added)));
        return table;
    }
}
