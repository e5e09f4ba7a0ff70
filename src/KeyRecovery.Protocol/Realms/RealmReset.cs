using KeyRecovery.Protocol.Primitives;
using KeyRecovery.Protocol.Wire;

namespace KeyRecovery.Protocol.Realms;

/// <summary>
/// The body of <c>POST /v1/realm/reset</c>: whoever can sign as the slot has guessed right, so the realm gives all guesses
/// back (docs/protocol.md §14.4).
/// </summary>
public sealed class RealmReset
{
    private readonly ReadOnlyMemory<byte> _body;
    private readonly ReadOnlyMemory<byte> _signature;

    private RealmReset(ReadOnlyMemory<byte> body, ReadOnlyMemory<byte> signature, Hash256 realm, AuthorityId slot, AttemptId attempt, ulong round)
    {
        (_body, _signature) = (body, signature);
        (Realm, Slot, Attempt, Round) = (realm, slot, attempt, round);
    }

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
        var body = new CborOut().Array(6).Text(Labels.RealmReset).UInt(1).Bytes(realm).Bytes(slot).Bytes(attempt.ToArray()).UInt(round).ToArray();
        return SignedBody.Sign(SignatureLabel.RealmReset, body, slotKey);
    }

    /// <summary>Reads the bytes; the signature is checked by <see cref="IsSignedBy"/>.</summary>
    /// <exception cref="WireFormatException">Not a reset.</exception>
    public static RealmReset Decode(ReadOnlyMemory<byte> bytes)
    {
        var (body, signature) = SignedBody.Decode(bytes, RealmLimits.RequestBytes);
        var reader = new CborIn(body);
        reader.Array(6);
        reader.Label(Labels.RealmReset);
        WireFormatException.Require(reader.UInt() == 1, "version 1 is due here");
        var (realm, slot) = (reader.Hash(), reader.Authority());
        var attempt = new AttemptId(reader.BytesView(RealmLimits.AttemptBytes, RealmLimits.AttemptBytes).Span);
        var round = reader.UInt();
        reader.End();
        return new RealmReset(body, signature, realm, slot, attempt, round);
    }

    /// <summary>Whether the slot has signed it.</summary>
    public bool IsSignedBy(VerifyKey slotKey) => slotKey.Verify(SignatureLabel.RealmReset, _body.Span, _signature.Span);
}
