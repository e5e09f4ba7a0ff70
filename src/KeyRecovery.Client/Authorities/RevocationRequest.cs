using System.Collections.Immutable;
using KeyRecovery.Client.Vaults;

namespace KeyRecovery;

/// <summary>Whom to lock out, and what goes along.</summary>
/// <param name="Ids">Devices or slots; neither this device nor the code that signs. With <see cref="Stolen"/> also one
/// that was removed before: what it let in goes.</param>
public sealed record RevocationRequest(ImmutableArray<AuthorityId> Ids)
{
    /// <summary>Devices or slots, as above. One that was never given is read as none.</summary>
    public ImmutableArray<AuthorityId> Ids { get; init => field = value.IsDefault ? [] : value; } =
        Ids.IsDefault ? [] : Ids;

    /// <summary>
    /// Whether strangers may have used them: what they added, and what that added, goes in the same link, codes and
    /// passphrases too. It stops at this device, at whoever signs, at <see cref="Keep"/> and <see cref="InHand"/>.
    /// Default: false.
    /// </summary>
    public bool Stolen { get; init; }

    /// <summary>Devices that came in through the stolen ones and stay, with what they added. Default: none.</summary>
    public ImmutableArray<AuthorityId> Keep { get; init => field = value.IsDefault ? [] : value; } = [];

    /// <summary>
    /// Codes and passphrases that the person has shown to hold: they stay, with what they added. Default: none.
    /// </summary>
    public ImmutableArray<SlotProof> InHand { get; init => field = value.IsDefault ? [] : value; } = [];

    /// <summary>
    /// A code to be added in the same link, which the person has in hand already: an account that loses a code has
    /// another one at once. Default: none.
    /// </summary>
    public RecoveryCode? NewCode { get; init; }

    /// <summary>What is wrong with it, on the account as it is; null where nothing is.</summary>
    internal ClientFailure? FindFault(VaultView view, AuthorityId? signer)
    {
        var chain = view.Newest.Chain;
        if (Ids.IsDefaultOrEmpty) return new ClientFailure.Invalid("nobody to revoke was named");
        if (Ids.Contains(view.Keys.Id)) return new ClientFailure.Invalid("a device cannot revoke itself");
        if (signer is { } by && Ids.Contains(by))
            return new ClientFailure.Invalid("a code cannot revoke itself: put a new one in its place");
        foreach (var id in Ids)
            if (!(Stolen ? chain.Authorities.ContainsKey(id) : chain.FindActive(id) is not null))
                return new ClientFailure.NoSuchAuthority(id);
        if (Keep.Any(id => chain.Authorities.GetValueOrDefault(id)?.IsSlot == true))
            return new ClientFailure.Invalid("a code or passphrase stays only where it is proved in hand");
        return InHand.All(proof => proof.Holds(chain)) ? null : new ClientFailure.NotOfThisAccount();
    }
}
