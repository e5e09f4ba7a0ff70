using System.Collections.Immutable;
using KeyRecovery.Client.Http;
using KeyRecovery.Client.Vaults;
using KeyRecovery.Protocol.Passphrases;
using KeyRecovery.Protocol.Vault;
using KeyRecovery.Protocol.Wire;

namespace KeyRecovery.Client.Passphrases;

/// <summary>
/// The account of a token, and its passphrase slots, as the home server tells them. Nothing of it is verified:
/// parameters outside their limits are refused before any work, and what is false makes the derived key differ from the
/// published one.
/// </summary>
internal sealed record ToldSlots(AccountId Account, ImmutableArray<KnownSlot> Slots)
{
    /// <summary>Asks the home server.</summary>
    /// <returns><see cref="ClientFailure.UnknownPassphrase"/> where the token has no account.</returns>
    public static async Task<Result<ToldSlots>> ReadAsync(VaultApi api, string token, CancellationToken ct)
    {
        var answer = await api.GetSlotsAsync(token, ct);
        if (answer is Answer.Problem { Type: ProblemTypes.NotFound }) return new ClientFailure.UnknownPassphrase();
        if (!answer.Read(ClientJson.Default.SlotsJson).TryGet(out var told, out var failure)) return failure;
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
        return new ToldSlots(account, slots.ToImmutable());
    }

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
