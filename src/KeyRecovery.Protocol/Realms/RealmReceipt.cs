using KeyRecovery.Protocol.Audit;
using KeyRecovery.Protocol.Primitives;
using KeyRecovery.Protocol.Wire;

namespace KeyRecovery.Protocol.Realms;

/// <summary>
/// The body of <c>POST /v1/realm/receipt</c>: the home's receipt of an account's erasure (docs/protocol.md §14.4).
/// Nobody signs it: the receipt speaks for itself.
/// </summary>
/// <param name="Account">The account, which the receipt names by a hash alone.</param>
/// <param name="Receipt">The home's receipt, not verified.</param>
public sealed record RealmReceipt(AccountId Account, SignedErasureReceipt Receipt)
{
    private const int Fields = 4;

    /// <summary>The bytes to send.</summary>
    public byte[] Encode() => new CborOut().Array(Fields).Text(Labels.RealmReceipt).UInt(1)
        .Bytes(Account).Bytes(Receipt.Statement.Span).ToArray();

    /// <summary>Reads the bytes.</summary>
    /// <exception cref="WireFormatException">Not such a request, or the receipt of another account.</exception>
    /// <exception cref="UpgradeRequiredException">A version that this program does not know.</exception>
    public static RealmReceipt Decode(ReadOnlyMemory<byte> bytes)
    {
        var reader = RealmBody.Open(bytes, Fields, Labels.RealmReceipt);
        var read = new RealmReceipt(
            reader.Account(), SignedErasureReceipt.Decode(reader.BytesView(1, RealmLimits.RequestBytes)));
        reader.End();
        WireFormatException.Require(read.Receipt.Receipt.IsOf(read.Account), "the receipt is the account's");
        return read;
    }
}
