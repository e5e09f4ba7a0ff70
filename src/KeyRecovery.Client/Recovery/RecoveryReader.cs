using KeyRecovery.Client.Devices;
using KeyRecovery.Client.Http;
using KeyRecovery.Client.Vaults;
using KeyRecovery.Protocol.Vault;
using KeyRecovery.Protocol.Wire;

namespace KeyRecovery.Client.Recovery;

/// <summary>Reads, verifies and opens a vault as a slot that starts from nothing.</summary>
internal static class RecoveryReader
{
    public static async Task<Result<VaultView>> ReadAsync(
        KeyRecoveryOptions options, VaultApi api, DeviceKeys slot, string? token, CancellationToken ct)
    {
        // With all hashes, as by a device that knows no vault: a server that loses them is given them back.
        var answer = await api.RecoverAsync(slot, manifestAfter: 1, token, ct);
        if (answer is Answer.Problem { Type: ProblemTypes.SignatureInvalid }) return new ClientFailure.UnknownCode();
        if (answer is not Answer.Success { IsCbor: true } success) return Failures.Of(answer);
        var homeKeys = await HomeKeys.FindAsync(options, api, null, ct);
        if (!homeKeys.TryGet(out var keys, out var unknown)) return unknown;
        try
        {
            return VerifiedVault.Verify(
                options.App, VaultBundle.Decode(success.Body), slot.Identity, null, keys) switch
            {
                VaultVerdict.Ok ok => Open(api, ok.Vault, slot, keys),
                VaultVerdict.Refused { Fault: ProtocolFault.UpgradeRequired } => new ClientFailure.UpgradeRequired(),
                VaultVerdict.Refused refused => new ClientFailure.ServerLied(refused.Fault),
                _ => throw new InvalidOperationException("a verdict is one of two"),
            };
        }
        catch (WireFormatException)
        {
            return new ClientFailure.ServerLied(ProtocolFault.Malformed);
        }
        catch (UpgradeRequiredException)
        {
            return new ClientFailure.UpgradeRequired();
        }
    }

    private static Result<VaultView> Open(
        VaultApi api, VerifiedVault vault, DeviceKeys slot, IReadOnlyList<VerifyKey> homeKeys)
    {
        if (vault.Chain.FindActive(slot.Id) is null) return new ClientFailure.UnknownCode();
        var (open, fault) = vault.Open(slot.Id, slot.Kem);
        // Only an authority can have made it so that it does not open; there may be a state from before that does.
        return open is null && vault.FindSpoiler(slot.Id, slot.Kem) is null
            ? new ClientFailure.ServerLied(fault)
            : new VaultView(api, slot, vault, open) { HomeKeys = homeKeys };
    }
}
