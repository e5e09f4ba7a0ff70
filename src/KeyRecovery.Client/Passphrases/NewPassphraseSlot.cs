using KeyRecovery.Protocol.Oprf;
using KeyRecovery.Protocol.Passphrases;
using KeyRecovery.Protocol.Primitives;
using KeyRecovery.Protocol.Recovery;
using KeyRecovery.Protocol.Vault;
using KeyRecovery.Protocol.Wire;

namespace KeyRecovery.Client.Passphrases;

/// <summary>A passphrase slot that is not part of the account yet. Zeroed on disposal.</summary>
/// <param name="keys">Its keys; this object disposes of them, and of all the others.</param>
/// <param name="parameters">What the link will say.</param>
/// <param name="shares">The shares of its OPRF key, in the order of the realms.</param>
internal sealed class NewPassphraseSlot(
    SlotKeys keys, PassphraseParameters parameters, OprfKeyShares shares) : IDisposable
{
    public SlotKeys Keys => keys;

    public PassphraseParameters Parameters => parameters;

    public OprfKeyShares Shares => shares;

    public (NewAuthority Entry, KemPublicKey KemKey) Entry => (
        new NewAuthority(
            keys.Id, AuthorityKind.Passphrase, keys.Signing.PublicKey, keys.Kem.PublicKey.Hash, FormatVersion.Current,
            parameters.Encode()),
        keys.Kem.PublicKey);

    public void Dispose()
    {
        keys.Dispose();
        shares.Dispose();
    }
}
