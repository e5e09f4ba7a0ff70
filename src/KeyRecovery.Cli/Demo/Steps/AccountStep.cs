using System.Diagnostics;
using KeyRecovery.Cli.Demo.Telling;
using KeyRecovery.Cli.Demo.World;
using KeyRecovery.Cli.Development;
using KeyRecovery.Cli.Kit;
using KeyRecovery.Cli.Output;

namespace KeyRecovery.Cli.Demo.Steps;

/// <summary>The phone makes an account with a recovery code.</summary>
internal sealed class AccountStep : DemoStep
{
    public override string Name => "account";

    public override string Title => "Alex's phone makes an account, and a recovery code";

    public override async Task RunAsync(DemoWorld world, StepTale tale, CancellationToken ct)
    {
        var token = await DevelopmentToken.FetchAsync(world.Host.Address, DemoWorld.App, world.Subject, ct);
        world.Phone = world.Device("Alex's phone", "phone");
        world.Code = RecoveryCode.Generate(SystemRandom.Instance);
        world.Paper = world.Code.ToDisplayString();

        var clock = Stopwatch.StartNew();
        var vault = StepTale.Works(await world.Phone.Client.CreateAsync(
            token.Token, new CreateOptions { DeviceName = world.Phone.Name, Code = world.Code }, ct));
        world.Phone.Vault = vault;
        world.LostDevice = vault.Device;
        tale.Holds(
            vault.Authorities is [{ Kind: AuthorityKind.Device, IsThisDevice: true }, { Kind: AuthorityKind.Code }],
            $"account {vault.Account} in {Words.Duration(clock.Elapsed)}: its authorities are the phone and the code, "
            + "nobody else");

        tale.Say("The code is made on the phone and shown once. Alex writes it down; the QR code says the same.");
        tale.Show(people => CodeCard.Write(people, world.Paper));
        using (var kit = KitFile.Open(world["recovery-kit.html"])!)
            kit.Write(
                new RecoveryKit(world.Paper, vault.Account, world.Host.Address, DemoWorld.App, DateTimeOffset.UtcNow));
        var kitSize = new FileInfo(world["recovery-kit.html"]).Length;
        tale.Holds(kitSize > 0, $"a recovery kit to print: one page, {Words.Size(kitSize)}");

        tale.Fact("accountId", vault.Account.ToString());
        tale.Fact("deviceId", vault.Device.ToString());
        tale.Fact("kitBytes", kitSize);
    }
}
