using KeyRecovery.Cli.Demo.Telling;
using KeyRecovery.Cli.Demo.World;
using KeyRecovery.Protocol.Wire;

namespace KeyRecovery.Cli.Demo.Steps;

/// <summary>
/// The laptop is lost too: one call, and the code still opens everything without having been asked for.
/// </summary>
internal sealed class RevokeStep : DemoStep
{
    public override string Name => "revoke";

    public override string Title => "The laptop is left on a train";

    public override async Task RunAsync(DemoWorld world, StepTale tale, CancellationToken ct)
    {
        var (phone, laptop) = (world.NewPhone.Vault, world.Laptop.Vault);
        StepTale.Works(await phone.RefreshAsync(ct));
        var tooYoung = await phone.RevokeAsync(new([laptop.Device]), ct);
        tale.Holds(
            tooYoung is Result<Revocation>.Failed { Failure: ClientFailure.Refused young }
                && young.Type == ProblemTypes.YoungAuthority,
            "the phone alone may not remove it: it is of today, as a stranger's would be");
        var revoked = StepTale.Works(await phone.RevokeWithCodeAsync(new([laptop.Device]), world.Code, ct: ct));
        tale.Holds(revoked.Removed.SequenceEqual([laptop.Device]) && revoked.Epoch == 3,
            "with the paper it removes it in one commit, and epoch 3 begins");
        var refused = await laptop.RefreshAsync(ct);
        tale.Holds(refused is Result<VaultSession>.Failed { Failure: ClientFailure.Revoked },
            "the laptop is refused at once");
        StepTale.Works(await phone.PutAsync("written later", "not for the laptop"u8.ToArray(), ct));
        using var drill = StepTale.Works(await world.Device("another machine", "drill-2").Client
            .BeginRecoveryAsync(world.Code, null, ct));
        var opened = StepTale.Works(await drill.CheckItemsAsync(null, ct));
        tale.Holds(opened == world.Items.Length + 1,
            $"the paper opens all {opened} items, also the one that the phone stored just now: nobody had to type it");
        tale.Fact("epoch", revoked.Epoch);
    }
}
