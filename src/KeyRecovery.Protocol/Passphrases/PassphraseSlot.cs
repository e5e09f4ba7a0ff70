using System.Text;
using KeyRecovery.Protocol.Primitives;
using KeyRecovery.Protocol.Recovery;

namespace KeyRecovery.Protocol.Passphrases;

/// <summary>
/// A passphrase slot's keys (docs/protocol.md §14.3). The caller must compare the signing key with the slot's published
/// one before anything derived from these keys leaves the device: it is the only sign that the passphrase was right.
/// </summary>
public static class PassphraseSlot
{
    /// <summary>A stretched passphrase, in bytes.</summary>
    public const int StretchedBytes = 32;

    /// <summary>The OPRF's output, in bytes.</summary>
    public const int OprfBytes = 64;

    /// <summary>Derives the keys.</summary>
    /// <param name="slot">The slot.</param>
    /// <param name="stretched">32 bytes of <see cref="Passphrase.Stretch"/>.</param>
    /// <param name="oprf">64 bytes that the realms' answers gave.</param>
    public static SlotKeys DeriveKeys(AuthorityId slot, SecretBytes stretched, SecretBytes oprf)
    {
        Throw.IfNotLength(stretched.Length, StretchedBytes, nameof(stretched));
        Throw.IfNotLength(oprf.Length, OprfBytes, nameof(oprf));
        using var secret = SecretBytes.Create(StretchedBytes + OprfBytes, (stretched, oprf), static (joined, parts) =>
        {
            parts.stretched.Span.CopyTo(joined);
            parts.oprf.Span.CopyTo(joined[StretchedBytes..]);
        });
        var salt = slot.ToArray();
        using var signing = Kdf.Derive(
            secret.Span, salt, Encoding.ASCII.GetBytes(Labels.PassphraseSlotSigning), SigningKey.SeedSize);
        using var kem = Kdf.Derive(
            secret.Span, salt, Encoding.ASCII.GetBytes(Labels.PassphraseSlotKem), KemPrivateKey.SeedSize);
        return new SlotKeys(slot, SigningKey.FromSeed(signing.Span), KemPrivateKey.FromSeed(kem.Span));
    }
}
