using KeyRecovery.Protocol.Primitives;
using KeyRecovery.Protocol.Wire;

namespace KeyRecovery.Protocol.Realms;

/// <summary>
/// A realm's public keys (docs/protocol.md §14.4). Apps pin the fingerprint, so that no server in the middle passes for
/// the realm: registrations are sealed to the one key, and answers signed by the other.
/// </summary>
public sealed class RealmIdentity
{
    /// <summary>Joins the keys.</summary>
    /// <param name="signingKey">Verifies the realm's answers.</param>
    /// <param name="kemKey">Registrations are sealed to it.</param>
    public RealmIdentity(VerifyKey signingKey, KemPublicKey kemKey)
    {
        SigningKey = signingKey;
        KemKey = kemKey;
        Fingerprint = Hash256.Of(new CborOut().Array(4).Text(Labels.Realm).UInt(1).Bytes(signingKey.ToArray())
            .Bytes(kemKey.Span).ToArray());
    }

    /// <summary>Verifies the realm's answers.</summary>
    public VerifyKey SigningKey { get; }

    /// <summary>Registrations are sealed to it.</summary>
    public KemPublicKey KemKey { get; }

    /// <summary>SHA-256 over both keys: the realm's name in slot parameters, signatures and configurations.</summary>
    public Hash256 Fingerprint { get; }

    /// <summary>The fingerprint in base64url.</summary>
    public override string ToString() => Fingerprint.ToString();
}
