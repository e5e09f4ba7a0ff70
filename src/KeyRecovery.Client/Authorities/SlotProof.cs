using KeyRecovery.Client.Devices;
using KeyRecovery.Protocol.Primitives;
using KeyRecovery.Protocol.Recovery;
using KeyRecovery.Protocol.Vault;

namespace KeyRecovery;

/// <summary>
/// Shows that the person holds a recovery code or passphrase of the account: what they typed derives the very keys that
/// the chain has for the slot. From <see cref="VaultSession.ProveCodeAsync"/> and
/// <see cref="PassphraseManager.ProveAsync"/>; holds no secret.
/// </summary>
public sealed class SlotProof
{
    private readonly VerifyKey _signingKey;

    private SlotProof(AuthorityId slot, VerifyKey signingKey) => (Slot, _signingKey) = (slot, signingKey);

    /// <summary>The slot.</summary>
    public AuthorityId Slot { get; }

    /// <summary>A proof, or null where the keys are those of no active slot.</summary>
    internal static SlotProof? Of(Chain chain, DeviceKeys slot) => Of(chain, slot.Id, slot.Signing, slot.Kem);

    /// <summary>The same of keys that were derived.</summary>
    internal static SlotProof? Of(Chain chain, SlotKeys slot) => Of(chain, slot.Id, slot.Signing, slot.Kem);

    /// <summary>Whether the slot is active there, with that key: a proof may be another account's.</summary>
    internal bool Holds(Chain chain) =>
        chain.FindActive(Slot) is { IsSlot: true } slot && slot.SigningKey == _signingKey;

    private static SlotProof? Of(Chain chain, AuthorityId id, SigningKey signing, KemPrivateKey kem)
    {
        var proof = new SlotProof(id, signing.PublicKey);
        return proof.Holds(chain) && chain.Authorities[id].Entry.KemKeyHash == kem.PublicKey.Hash ? proof : null;
    }
}
