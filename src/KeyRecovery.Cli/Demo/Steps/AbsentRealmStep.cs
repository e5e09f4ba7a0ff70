using System.Diagnostics;
using KeyRecovery.Cli.Demo.Telling;
using KeyRecovery.Cli.Demo.World;
using KeyRecovery.Cli.Development;
using KeyRecovery.Cli.Output;

namespace KeyRecovery.Cli.Demo.Steps;

/// <summary>One of the three servers is down: the passphrase recovers the account all the same.</summary>
internal sealed class AbsentRealmStep : DemoStep
{
    public override string Name => "absent-realm";

    public override string Title => "One server is down";

    public override async Task RunAsync(DemoWorld world, StepTale tale, CancellationToken ct)
    {
        const int birch = 1;
        await world.Realms!.StopAsync(birch);
        var machine = world.Device("a borrowed machine", "borrowed");
        var token = (await DevelopmentToken.FetchAsync(world.Host.Address, DemoWorld.App, world.Subject, ct)).Token;
        using var passphrase = ((PassphraseParse.Ok)Passphrase.Parse($"  {world.Passphrase} ")).Passphrase;
        var clock = Stopwatch.StartNew();
        using var session = StepTale.Works(
            await machine.Client.BeginPassphraseRecoveryAsync(passphrase, token, ct: ct));
        var opened = StepTale.Works(await session.CheckItemsAsync(null, ct));
        tale.Holds(opened == world.Items.Length + 1,
            $"without {DemoRealms.NameOf(birch)}, the passphrase opens all {opened} items, in "
            + $"{Words.Duration(clock.Elapsed)}");
        await world.HoldsAllGuessesAsync(tale, DemoRealms.NameOf(birch), ct);
        await world.Realms.StartAgainAsync(birch, world["birch"], ct);
        tale.Fact("opened", opened);
        tale.Fact("absent", DemoRealms.NameOf(birch));
    }
}
