using KeyRecovery.Cli.Demo.Telling;
using KeyRecovery.Cli.Demo.World;
using KeyRecovery.Cli.Development;

namespace KeyRecovery.Cli.Demo.Steps;

/// <summary>Another server stands at the address of one of the three: it is named, and the other two suffice.</summary>
internal sealed class LyingRealmStep : DemoStep
{
    public override string Name => "lying-realm";

    public override string Title => "One server is not what it says";

    public override async Task RunAsync(DemoWorld world, StepTale tale, CancellationToken ct)
    {
        const int cedar = 2;
        tale.Say($"Whoever runs {DemoRealms.NameOf(cedar)} has put another server in its place, to see what comes in.");
        await world.Realms!.StopAsync(cedar);
        await world.Realms.StartAgainAsync(cedar, world["impostor"], ct);
        var machine = world.Device("Alex's tablet", "tablet");
        var token = (await DevelopmentToken.FetchAsync(world.Host.Address, DemoWorld.App, world.Subject, ct)).Token;
        using var passphrase = ((PassphraseParse.Ok)Passphrase.Parse(world.Passphrase)).Passphrase;
        using var session = StepTale.Works(
            await machine.Client.BeginPassphraseRecoveryAsync(passphrase, token, ct: ct));
        var recovered = StepTale.Works(await session.CompleteAsync(machine.Name, [], ct));
        machine.Vault = recovered.Vault;
        var liar = session.RealmReports.SingleOrDefault();
        tale.Holds(liar?.Realm == DemoRealms.NameOf(cedar) && liar.Fault == RealmFault.Identity,
            $"{liar?.Realm} is named: its keys are not those that the app expects, so it got no guess");
        foreach (var item in world.Items)
            tale.Holds(StepTale.Works(await recovered.Vault.GetAsync(item.Name, null, ct)).AsSpan()
                .SequenceEqual(item.Content), $"the tablet opens {item.Name}");
        await world.HoldsAllGuessesAsync(tale, DemoRealms.NameOf(cedar), ct);
        tale.Fact("liar", liar!.Realm);
        tale.Fact("fault", liar.Fault.ToString().ToLowerInvariant());
    }
}
