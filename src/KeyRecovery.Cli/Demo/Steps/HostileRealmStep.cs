using System.Diagnostics;
using KeyRecovery.Cli.Demo.Telling;
using KeyRecovery.Cli.Demo.World;
using KeyRecovery.Cli.Development;
using KeyRecovery.Cli.Output;

namespace KeyRecovery.Cli.Demo.Steps;

/// <summary>One of the three answers without end: nobody waits for it, and no guess is gone in the end.</summary>
internal sealed class HostileRealmStep : DemoStep
{
    public override string Name => "hostile-realm";

    public override string Title => "One server never comes to an end";

    public override async Task RunAsync(DemoWorld world, StepTale tale, CancellationToken ct)
    {
        const int cedar = 2;
        tale.Say(
            $"Whoever runs {DemoRealms.NameOf(cedar)} now wants Alex to wait: every answer comes one byte at a time.");
        await using (var hostile = await world.Realms!.ReplaceAsync(cedar))
        {
            var machine = world.Device("another borrowed machine", "borrowed-2");
            var token = (await DevelopmentToken.FetchAsync(world.Host.Address, DemoWorld.App, world.Subject, ct)).Token;
            using var passphrase = ((PassphraseParse.Ok)Passphrase.Parse(world.Passphrase)).Passphrase;
            var clock = Stopwatch.StartNew();
            using var session = StepTale.Works(
                await machine.Client.BeginPassphraseRecoveryAsync(passphrase, token, ct: ct));
            var opened = StepTale.Works(await session.CheckItemsAsync(null, ct));
            tale.Holds(opened == world.Items.Length + 1 && hostile.Asked > 0,
                $"the other two open all {opened} items, in {Words.Duration(clock.Elapsed)}, while "
                + $"{DemoRealms.NameOf(cedar)} is still answering");
            tale.Fact("opened", opened);
            await world.HoldsAllGuessesAsync(tale, DemoRealms.NameOf(cedar), ct);
        }
        await world.Realms.StartAgainAsync(cedar, world["cedar"], ct);
        await world.HoldsAllGuessesAsync(tale, null, ct);
    }
}
