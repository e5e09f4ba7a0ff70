using System.Diagnostics;
using KeyRecovery.Cli.Demo.Telling;
using KeyRecovery.Cli.Demo.World;
using KeyRecovery.Cli.Development;
using KeyRecovery.Cli.Output;

namespace KeyRecovery.Cli.Demo.Steps;

/// <summary>
/// A passphrase that three servers guard, two of which are needed; a wrong guess is counted and says so.
/// </summary>
internal sealed class PassphraseStep : DemoStep
{
    public override string Name => "passphrase";

    public override string Title => "A passphrase, guarded by three servers";

    public override async Task RunAsync(DemoWorld world, StepTale tale, CancellationToken ct)
    {
        tale.Say(
            "Paper gets lost too. Alex takes six random words; three servers of three operators count every guess, and "
            + "two of them are needed.");
        world.Realms = await DemoRealms.StartAsync(world.Host, name => world[name], ct);
        world.Phone = await UpdatedAsync(world, ct);
        world.Passphrase = PassphraseWords.Generate(SystemRandom.Instance);
        tale.Show(
            people =>
                people.Write(
                    new Padder(
                        Terminal.Styled(world.Passphrase, new Style(decoration: Decoration.Bold)),
                        new Padding(6, 0, 0, 0))));

        var token = (await DevelopmentToken.FetchAsync(world.Host.Address, DemoWorld.App, world.Subject, ct)).Token;
        using var passphrase = ((PassphraseParse.Ok)Passphrase.Parse(world.Passphrase)).Passphrase;
        using var wrong = ((PassphraseParse.Ok)Passphrase.Parse("correct horse battery staple")).Passphrase;
        var manager = world.Phone.Vault.Passphrase;
        var clock = Stopwatch.StartNew();
        StepTale.Works(await manager.SetAsync(passphrase, new SetPassphraseOptions { Token = token }, ct));
        tale.Holds(true,
            $"registered at all three, tried, and in the account, {Words.Duration(clock.Elapsed)} later");
        var missed = await manager.CheckAsync(wrong, token, ct);
        var left = missed is Result<PassphraseCheck>.Failed { Failure: ClientFailure.WrongPassphrase wrongOne }
            ? wrongOne.GuessesLeft : -1;
        tale.Holds(left == 9, "a wrong one: nothing derived from it leaves the phone, and 9 guesses are left");
        StepTale.Works(await manager.CheckAsync(passphrase, token, ct));
        var status = StepTale.Works(await manager.StatusAsync(ct));
        tale.Holds(status.Length == 3 && status.All(s => s.GuessesLeft == 10),
            "the right one gives all 10 back, at all three servers");
        world.VersionWhenLost = world.Phone.Vault.Version;
        tale.Fact("realms", status.Select(s => s.Realm).ToJson());
        tale.Fact("threshold", status[0].Threshold);
    }

    // The app's next version knows the three servers; the phone's keys stay where they are.
    private static async Task<DemoDevice> UpdatedAsync(DemoWorld world, CancellationToken ct)
    {
        var old = world.Phone;
        var phone = world.Device(old.Name, Path.GetRelativePath(world.Folder, old.Home));
        phone.Vault = StepTale.Works(await phone.Client.OpenAsync(ct));
        return phone;
    }
}
