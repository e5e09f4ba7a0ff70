using System.Collections.Immutable;
using KeyRecovery.Client.Devices;
using KeyRecovery.Client.Http;
using KeyRecovery.Client.Passphrases;
using KeyRecovery.Client.Vaults;
using KeyRecovery.Protocol.Passphrases;
using KeyRecovery.Protocol.Primitives;
using KeyRecovery.Protocol.Vault;
using KeyRecovery.Protocol.Wire;

namespace KeyRecovery.Client.Recovery;

/// <summary>Recovery by passphrase, on a device that has nothing but an app's token (docs/protocol.md §14.4).</summary>
internal sealed class PassphraseRecovery(KeyRecoveryOptions options, VaultApi api, IDeviceStore store)
{
    public async Task<Result<RecoverySession>> BeginAsync(Passphrase passphrase, string token, CancellationToken ct)
    {
        var found = await FindSlotsAsync(token, ct);
        if (found is Result<ImmutableArray<KnownSlot>>.Failed failed) return failed.Failure;
        ClientFailure failure = new ClientFailure.UnknownPassphrase();
        // Nearly always one. Where there are more, each counts its own guess.
        foreach (var slot in ((Result<ImmutableArray<KnownSlot>>.Ok)found).Value)
        {
            var tried = await new PassphraseUnlock(options, api.Realms).TryAsync(slot, passphrase, token, ct);
            if (tried is Result<UnlockedSlot>.Ok { Value: var unlocked }) return await ReadAsync(unlocked, token, ct);
            failure = ((Result<UnlockedSlot>.Failed)tried).Failure;
        }
        return failure;
    }

    private async Task<Result<RecoverySession>> ReadAsync(UnlockedSlot unlocked, string token, CancellationToken ct)
    {
        var keys = unlocked.Keys;
        var signer = new DeviceKeys(KeyId.OfSlot(keys.Id), keys.Signing, keys.Kem);
        // Side by side: the vault is fetched while the realms hear that the guess was right.
        var read = await RecoverySession.ReadAsync(options, api, store, signer, token, ct, unlocked);
        await unlocked.Confirmed;
        if (read is Result<RecoverySession>.Ok) return read;
        await unlocked.Settled;
        unlocked.Dispose();
        return read;
    }

    private async Task<Result<ImmutableArray<KnownSlot>>> FindSlotsAsync(string token, CancellationToken ct)
    {
        var answer = await api.GetSlotsAsync(token, ct);
        if (answer is Answer.Problem { Type: ProblemTypes.NotFound }) return new ClientFailure.UnknownPassphrase();
        if (answer.Read(ClientJson.Default.SlotsJson) is not Result<SlotsJson>.Ok { Value: var told })
            return answer is Answer.Success
                ? new ClientFailure.ServerLied(ProtocolFault.Malformed) : Failures.Of(answer);
        if (!AccountId.TryParse(told.AccountId, out var account))
            return new ClientFailure.ServerLied(ProtocolFault.Malformed);

        var slots = ImmutableArray.CreateBuilder<KnownSlot>();
        foreach (var slot in told.Slots.Take(Limits.Authorities))
        {
            var (known, fault) = Read(account, slot);
            if (known is null)
                return fault == ProtocolFault.UpgradeRequired
                    ? new ClientFailure.UpgradeRequired() : new ClientFailure.ServerLied(fault);
            slots.Add(known);
        }
        return slots.ToImmutable();
    }

    // Nothing of it is verified yet: parameters outside their limits are refused before any work, and what is false
    // makes the derived key differ from the published one.
    private static (KnownSlot? Slot, ProtocolFault Fault) Read(AccountId account, SlotJson slot)
    {
        try
        {
            if (!AuthorityId.TryParse(slot.Id, out var id)
                || !Base64UrlText.TryDecode(slot.SigningKey, VerifyKey.Size, out var key)
                || !Base64UrlText.TryDecodeUpTo(slot.Parameters, Limits.ParameterBytes, out var bytes))
                return (null, ProtocolFault.SlotParameters);
            var (parameters, fault) = PassphraseParameters.Read(bytes);
            return parameters is null
                ? (null, fault) : (new KnownSlot(account, id, new VerifyKey(key), parameters), fault);
        }
        catch (WireFormatException)
        {
            return (null, ProtocolFault.SlotParameters);
        }
    }
}
