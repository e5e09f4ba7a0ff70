using KeyRecovery.Protocol.Primitives;
using KeyRecovery.Protocol.Vault;
using KeyRecovery.Protocol.Wire;

namespace KeyRecovery.Protocol.Realms;

/// <summary>
/// An authority's word that a realm may follow a head which its own does not lead to: the account was restored
/// (docs/protocol.md §14.4).
/// </summary>
public sealed class RealmFork
{
    private const int MaxSize = 256;
    private const int Fields = 5;
    private readonly SignedBody _signed;

    private RealmFork(ReadOnlyMemory<byte> bytes)
    {
        Bytes = bytes;
        _signed = SignedBody.Decode(bytes, MaxSize);
        var reader = RealmBody.Open(_signed.Body, Fields, Labels.RealmFork);
        (Realm, Signer, HeadHash) = (reader.Hash(), reader.Authority(), reader.Hash());
        reader.End();
    }

    /// <summary>All of it, as it travels.</summary>
    public ReadOnlyMemory<byte> Bytes { get; }

    /// <summary>The realm's fingerprint.</summary>
    public Hash256 Realm { get; }

    /// <summary>Who signs: active on both sides, and known to the realm for 72 hours.</summary>
    public AuthorityId Signer { get; }

    /// <summary>SHA-256 of the body of the head that is to be followed.</summary>
    public Hash256 HeadHash { get; }

    /// <summary>Signs it.</summary>
    /// <param name="realm">The realm's fingerprint.</param>
    /// <param name="head">The head to follow.</param>
    /// <param name="signer">Who signs.</param>
    /// <param name="key">Its key.</param>
    public static RealmFork Sign(Hash256 realm, AccountHead head, AuthorityId signer, SigningKey key)
    {
        var body = new CborOut().Array(Fields).Text(Labels.RealmFork).UInt(1).Bytes(realm).Bytes(signer)
            .Bytes(Hash256.Of(head.Encode())).ToArray();
        return Decode(SignedBody.Sign(SignatureLabel.RealmFork, body, key));
    }

    /// <summary>Reads the bytes; the signature is checked by <see cref="IsSignedBy"/>.</summary>
    /// <exception cref="WireFormatException">Not such a word.</exception>
    /// <exception cref="UpgradeRequiredException">A version that this program does not know.</exception>
    public static RealmFork Decode(ReadOnlyMemory<byte> bytes) => new(bytes);

    /// <summary>Whether the signer has signed it.</summary>
    public bool IsSignedBy(VerifyKey key) => _signed.IsSignedBy(key, SignatureLabel.RealmFork);
}
