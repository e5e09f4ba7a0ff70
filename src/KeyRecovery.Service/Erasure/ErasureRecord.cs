using KeyRecovery.Protocol.Audit;
using KeyRecovery.Protocol.Vault;
using KeyRecovery.Protocol.Wire;

namespace KeyRecovery.Service.Erasure;

/// <summary>
/// What a leaf of the log about an erasure is about, for the auditor's report (docs/protocol.md §23). It is kept for
/// ever, as receipts are, and names nobody: no account, no subject and no hash of one, but what a receipt has.
/// </summary>
/// <param name="Event">The leaf's event.</param>
/// <param name="Id">The erasure.</param>
/// <param name="App">Its app.</param>
/// <param name="RequestedBy">Who asked.</param>
/// <param name="RequestedAt">When, in seconds since 1970.</param>
/// <param name="DueAt">Until when it is held; when it was asked for, where there is no hold.</param>
/// <param name="Receipt">The signed receipt of which the leaf is, without a proof; empty of one that is a request's.
/// </param>
public sealed record ErasureRecord(
    AuditEvent Event, ErasureId Id, string App, ErasureRequester RequestedBy, ulong RequestedAt, ulong DueAt,
    ReadOnlyMemory<byte> Receipt)
{
    private const string RowLabel = "erasure-record";
    private const int Fields = 9;

    internal byte[] Encode() => new CborOut().Array(Fields).Text(RowLabel).UInt(1).UInt((ulong)Event)
        .Bytes(Id.ToArray()).Text(App).UInt((ulong)RequestedBy).UInt(RequestedAt).UInt(DueAt).Bytes(Receipt.Span)
        .ToArray();

    internal static ErasureRecord Decode(ReadOnlyMemory<byte> bytes)
    {
        var reader = new CborIn(bytes);
        reader.OwnStructure(RowLabel, Fields);
        var record = new ErasureRecord(
            (AuditEvent)reader.UInt(byte.MaxValue), new ErasureId(reader.Bytes(ErasureId.Size)),
            reader.Text(1, Limits.AppIdLength), (ErasureRequester)reader.UInt((ulong)ErasureRequester.Operator),
            reader.UInt(), reader.UInt(), reader.Bytes(0, SignedErasureReceipt.MaxSize));
        reader.End();
        return record;
    }
}
