using KeyRecovery.Protocol.Audit;
using KeyRecovery.Protocol.Audit.Log;
using KeyRecovery.Service.Log;

namespace KeyRecovery.Service.Erasure;

/// <summary>
/// Puts the log's proof around receipts, once the log is published with them (docs/protocol.md §15.1): who has it needs
/// nobody's word for it any more.
/// </summary>
/// <param name="index">Where leaves stand.</param>
/// <param name="files">The log; null where none is kept, and receipts stay as they are.</param>
internal sealed class ReceiptProver(LogIndex index, ILogFiles? files)
{
    /// <summary>The receipt of an erasure with its proof; null while the log does not have it.</summary>
    /// <exception cref="Stores.StoreUnavailableException">A store, or the log's files, cannot be read.</exception>
    /// <exception cref="LogFaultException">What is published is not there.</exception>
    public async ValueTask<ReadOnlyMemory<byte>?> TryProveAsync(ErasureRow row, CancellationToken ct)
    {
        if (row.Leaf.IsEmpty || files is null) return row.Receipt;
        var hash = MerkleTree.LeafHash(row.Leaf.Span);
        if (await index.FindAsync(hash, ct) is not { } at)
            // Of a log that was lost there is no proof any more; what was signed stands.
            return await index.WasAppendedAsync(hash, ct) ? (ReadOnlyMemory<byte>?)row.Receipt : null;
        if (await files.CheckpointAsync(ct) is not { } published || !SignedNote.TryParse(published, out var note)
            || !Checkpoint.TryParse(note.Text, out var checkpoint) || checkpoint.Size <= at) return null;
        var hashes = await new LogReader(files).InclusionAsync(at, checkpoint.Size, ct);
        return SignedErasureReceipt.Prove(row.Receipt.Span, row.Leaf.Span, at, hashes, note);
    }
}
