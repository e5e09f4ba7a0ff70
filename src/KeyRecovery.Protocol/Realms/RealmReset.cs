using KeyRecovery.Protocol.Primitives;
using KeyRecovery.Protocol.Wire;

namespace KeyRecovery.Protocol.Realms;

/// <summary>
/// The body of <c>POST /v1/realm/reset</c>: whoever can sign as the slot has guessed right, so the realm gives all
/// guesses back (docs/protocol.md §14.4).
/// </summary>
public sealed class RealmReset
{
    private readonly SignedBody _signed;

    private RealmReset(SignedBody signed, Hash256 realm, AuthorityId slot, AttemptId attempt, ulong round) =>
        (_signed, Realm, Slot, Attempt, Round) = (signed, realm, slot, attempt, round);

    /// <summary>The realm's fingerprint.</summary>
    public Hash256 Realm { get; }

    /// <summary>The slot.</summary>
    public AuthorityId Slot { get; }

    /// <summary>The guess that was right.</summary>
    public AttemptId Attempt { get; }

    /// <summary>How many resets there were before: a recorded one is worth nothing in a later round.</summary>
    public ulong Round { get; }

    /// <summary>Signs a reset as the slot.</summary>
    /// <returns>The bytes to send.</returns>
    public static byte[] Sign(Hash256 realm, AuthorityId slot, AttemptId attempt, ulong round, SigningKey slotKey)
    {
        var body = new CborOut().Array(6).Text(Labels.RealmReset).UInt(1).Bytes(realm).Bytes(slot)
            .Bytes(attempt.ToArray()).UInt(round).ToArray();
        return SignedBody.Sign(SignatureLabel.RealmReset, body, slotKey);
    }

    /// <summary>Reads the bytes; the signature is checked by <see cref="IsSignedBy"/>.</summary>
    /// <exception cref="WireFormatException">Not a reset.</exception>
    /// <exception cref="UpgradeRequiredException">A version that this program does not know.</exception>
    public static RealmReset Decode(ReadOnlyMemory<byte> bytes)
    {
        var signed = SignedBody.Decode(bytes, RealmLimits.RequestBytes);
        var reader = RealmBody.Open(signed.Body, 6, Labels.RealmReset);
        var (realm, slot) = (reader.Hash(), reader.Authority());
        var attempt = new AttemptId(reader.BytesView(RealmLimits.AttemptBytes, RealmLimits.AttemptBytes).Span);
        var round = reader.UInt();
        reader.End();
        return new RealmReset(signed, realm, slot, attempt, round);
    }

    /// <summary>Whether the slot has signed it.</summary>
    public bool IsSignedBy(VerifyKey slotKey) => _signed.IsSignedBy(slotKey, SignatureLabel.RealmReset);
}
