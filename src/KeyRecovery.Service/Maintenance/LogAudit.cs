using System.Collections.Immutable;
using KeyRecovery.Protocol.Audit.Log;
using KeyRecovery.Service.Accounts;
using KeyRecovery.Service.Log;
using KeyRecovery.Service.Rows;
using KeyRecovery.Service.Stores;
using KeyRecovery.Service.UseCases;

namespace KeyRecovery.Service.Maintenance;

/// <summary>
/// Checks the log (docs/storage.md §5): what lies in its files is the tree that its head remembers and that was
/// published, each leaf has its place, and each change that an account tells of has a leaf or waits for one.
/// </summary>
internal sealed class LogAudit(ServiceContext context, ILogFiles files)
{
    private readonly LogIndex _index = new(context.Data);
    private readonly LogReader _reader = new(files);

    /// <summary>Checks the log itself.</summary>
    public async ValueTask RunAsync(ImmutableArray<string>.Builder damaged, CancellationToken ct)
    {
        if (await context.Keys.ReadAsync(LogHead.Place, ct) is not { } stored) return;
        var head = LogHead.Decode(stored.Value);
        try
        {
            // A batch of which nothing was made yet is made at the next start.
            var size = await _reader.HasAsync(head.Size, ct) ? head.Size : head.Before;
            if (await new LogWalk(files, size).FindFaultAsync(ct) is { } fault) throw new LogFaultException(fault);

            if (size == head.Size && (await _reader.EdgeAsync(size, ct)).Root != head.Edge.Root)
                damaged.Add($"log: its files are not the tree of size {size} that its head remembers");
            if (await files.CheckpointAsync(ct) is { } note) await CheckPublishedAsync(note, head, damaged, ct);
            await foreach (var (index, leaf) in _reader.EntriesAsync(0, await KnownAsync(head, size, ct), ct))
                if (await _index.FindAsync(MerkleTree.LeafHash(leaf.Span), ct) != index
                    && !await MayLackPlaceAsync(head, index, ct))
                    damaged.Add($"log: leaf {index} has no place, or another");
        }
        catch (LogFaultException wrong)
        {
            damaged.Add($"log: {wrong.Message}");
        }
    }

    // The last batch may be cut short: its outbox rows go behind the places. What the log says of itself has no such
    // row.
    private async ValueTask<bool> MayLackPlaceAsync(LogHead head, ulong index, CancellationToken ct)
    {
        if (index < head.Before) return false;
        var outbox = head.Last[(int)(index - head.Before)].Outbox;
        return outbox == OutboxRow.Place(StoreKind.Data, default)
            || await (outbox.Table.Store == StoreKind.Data ? (IRowStore)context.Data : context.Keys)
                .HeadAsync(outbox, ct) is not null;
    }

    // Of how many leaves the data store must know the places: a start that follows a restore reads back what it has
    // forgotten, and then has the log tell of the restore.
    private async ValueTask<ulong> KnownAsync(LogHead head, ulong size, CancellationToken ct)
    {
        var told = head.Told.Restores.ToHashSet();
        var isTold = (await context.Restores.IdsAsync(ct)).All(id => told.Contains(Hash256.Of(id)));
        return isTold ? size : Math.Min(size, await _index.FollowedAsync(ct));
    }

    /// <summary>Checks what one account tells of.</summary>
    /// <returns>What is wrong; null where all is well.</returns>
    /// <exception cref="RowDamagedException">A part of its activity is not there.</exception>
    public async ValueTask<string?> CheckAsync(ScannedAccount account, AccountState state, CancellationToken ct)
    {
        // What waits is looked at first: it may come to have its place meanwhile.
        var waiting = await WaitingAsync(ChangeId.Of(account.AccountRow), ct);
        var entries = new List<ReadOnlyMemory<byte>>();
        if (state.Activity.Chunk is { } name)
        {
            var newest = await ChunkAsync(account.Rows, name, ct);
            foreach (var before in newest.Before)
                entries.AddRange((await ChunkAsync(account.Rows, before.Name, ct)).Entries);
            entries.AddRange(newest.Entries);
        }

        entries.AddRange(state.Activity.Numbered().Select(entry => entry.Entry));
        if ((ulong)entries.Count != state.Activity.Count) return "activity: entries are missing";
        foreach (var bytes in entries)
        {
            var entry = ActivityEntry.Decode(bytes);
            var detail = AuditDetail.Decode(entry.Detail);
            if (detail.Account != state.Account) return "activity: another account's";
            var leaf = AuditLeaf.Of(detail, account.Rows.LeafSalt(entry.Decider, entry.Version)).Encode();
            var hash = MerkleTree.LeafHash(leaf);
            if (!waiting.Contains(hash) && !await _index.WasAppendedAsync(hash, ct))
                return "log: a change of the account has no leaf, and waits for none";
        }

        return null;
    }

    private async ValueTask CheckPublishedAsync(
        byte[] note, LogHead head, ImmutableArray<string>.Builder damaged, CancellationToken ct)
    {
        if (!SignedNote.TryParse(note, out var signed) || !Checkpoint.TryParse(signed.Text, out var published))
            damaged.Add("log: what is published is no checkpoint");
        else if (published.Size > head.Size || published.Origin != head.Origin)
            damaged.Add(
                "log: its head is not that of the published checkpoint, or older: the next start takes that over");
        else if ((await _reader.EdgeAsync(published.Size, ct)).Root != published.Root)
            damaged.Add($"log: its files are not the tree of size {published.Size} that was published");
    }

    private async ValueTask<HashSet<Hash256>> WaitingAsync(ChangeId newest, CancellationToken ct)
    {
        var waiting = new HashSet<Hash256>();
        for (var id = newest; !id.IsNone;)
        {
            if (await context.Data.ReadAsync(OutboxRow.Place(StoreKind.Data, id), ct) is not { } stored) break;
            var row = OutboxRow.Decode(stored, context.Tables);
            waiting.Add(MerkleTree.LeafHash(row.Leaf.Span));
            id = row.Previous;
        }

        return waiting;
    }

    private async ValueTask<Chunk> ChunkAsync(AccountRows rows, Hash256 name, CancellationToken ct) =>
        await context.Data.FindAsync(rows, Table.Activity, name, ct) ?? throw new RowDamagedException(Table.Activity);
}
