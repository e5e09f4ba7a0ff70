using KeyRecovery.Protocol.Oprf;
using KeyRecovery.Protocol.Primitives;
using KeyRecovery.Protocol.Wire;

namespace KeyRecovery.Protocol.Realms;

/// <summary>
/// The body of <c>POST /v1/realm/evaluate</c>: one guess, of which the realm learns nothing (docs/protocol.md §14.4).
/// </summary>
/// <param name="Slot">The slot.</param>
/// <param name="Attempt">The guess's name.</param>
/// <param name="Blinded">The blinded element.</param>
public sealed record RealmEvaluate(AuthorityId Slot, AttemptId Attempt, OprfElement Blinded)
{
    /// <summary>The bytes to send.</summary>
    public byte[] Encode() => new CborOut().Array(5).Text(Labels.RealmEvaluate).UInt(1)
        .Bytes(Slot).Bytes(Attempt.ToArray()).Bytes(Blinded.ToArray()).ToArray();

    /// <summary>Reads the bytes.</summary>
    /// <exception cref="WireFormatException">Not such a request; its part is <c>blinded</c> where the element is not
    /// canonical, or the identity.</exception>
    /// <exception cref="UpgradeRequiredException">A version that this program does not know.</exception>
    public static RealmEvaluate Decode(ReadOnlyMemory<byte> body)
    {
        var reader = RealmBody.Open(body, 5, Labels.RealmEvaluate);
        var slot = reader.Authority();
        var attempt = new AttemptId(reader.BytesView(RealmLimits.AttemptBytes, RealmLimits.AttemptBytes).Span);
        var blinded = reader.BytesView(OprfElement.Size, OprfElement.Size);
        reader.End();
        return new RealmEvaluate(slot, attempt, WireFormatException.In("blinded", blinded, Element));
    }

    private static OprfElement Element(ReadOnlyMemory<byte> bytes)
    {
        WireFormatException.Require(
            OprfElement.TryParse(bytes.Span, out var element), "a canonical element that is not the identity");
        return element;
    }
}
