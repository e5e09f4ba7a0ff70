using KeyRecovery.Cli.Demo.Telling;
using KeyRecovery.Cli.Demo.World;

namespace KeyRecovery.Cli.Demo.Steps;

/// <summary>A copy of the lost phone's keys is refused.</summary>
internal sealed class OldKeysStep : DemoStep
{
    public override string Name => "old-keys";

    public override string Title => "Somebody finds the phone";

    public override async Task RunAsync(DemoWorld world, StepTale tale, CancellationToken ct)
    {
        tale.Say("The copy of its keys from before is put to use.");
        var thief = world.Device("a copy of Alex's phone", "copy");
        var opened = await thief.Client.OpenAsync(ct);
        var refusal = opened is Result<VaultSession>.Failed { Failure: ClientFailure.Revoked revoked } ? revoked : null;
        tale.Holds(refusal is not null && thief.Requests > 0, $"the server refuses it: {refusal?.Message}");
        tale.Fact("error", "revoked");
    }
}
