using System.Collections.Immutable;
using KeyRecovery.Protocol.Audit.Log;
using KeyRecovery.Service.Gate;
using KeyRecovery.Service.Log;
using KeyRecovery.Service.Rows;
using KeyRecovery.Service.Stores;

namespace KeyRecovery.Service.UseCases;

/// <summary>
/// Tells an account's devices what was done to it, and proves that each change stands in the log (docs/protocol.md
/// §17.1).
/// </summary>
public sealed class ActivityReader
{
    /// <summary>The most entries of one answer.</summary>
    public const int Most = 128;

    private readonly ServiceContext _context;
    private readonly ILogFiles? _files;
    private readonly LogIndex _index;

    internal ActivityReader(ServiceContext context, ILogFiles? files) =>
        (_context, _files, _index) = (context, files, new LogIndex(context.Data));

    /// <summary>Entries before a number, the newest first.</summary>
    /// <param name="account">Whose.</param>
    /// <param name="before">All of the answer come before it; null for the newest.</param>
    /// <param name="most">How many, 1 to <see cref="Most"/>.</param>
    /// <param name="known">The size of the tree that the asker knows; 0 for none.</param>
    /// <param name="ct">Cancels.</param>
    /// <exception cref="StoreUnavailableException">The account changes meanwhile, or the log's files cannot be read: to
    /// be asked for again.</exception>
    public async ValueTask<ActivityView> ReadAsync(
        OpenAccount account, ulong? before, int most, ulong known, CancellationToken ct)
    {
        var entries = await EntriesAsync(account, before, most, ct);
        // Behind the entries: what has its place by now is published more likely.
        if (_files is null || await _files.CheckpointAsync(ct) is not { } note)
            return new ActivityView(null, [], entries);
        if (!SignedNote.TryParse(note, out var signed) || !Checkpoint.TryParse(signed.Text, out var published))
            throw new StoreUnavailableException(StoreFault.Failed, "the published checkpoint does not read");
        var (log, size) = (new LogReader(_files), published.Size);
        try
        {
            for (var i = 0; i < entries.Length; i++)
                if (entries[i] is { Index: { } index } entry && index < size)
                    entries = entries.SetItem(
                        i, entry with { Proof = await log.InclusionAsync(index, size, ct) });
            return new ActivityView(
                note, known > size ? [] : await log.ConsistencyAsync(known, size, ct), entries);
        }
        catch (LogFaultException wrong)
        {
            // What lies there is for the operator's check to tell; the account's own data are as they were.
            throw new StoreUnavailableException(StoreFault.Failed, wrong.Message);
        }
    }

    private async ValueTask<ImmutableArray<ActivityInfo>> EntriesAsync(
        OpenAccount account, ulong? before, int most, CancellationToken ct)
    {
        var (rows, activity) = (account.Rows, account.State.Activity);
        var entries = activity.Numbered().ToList();
        var end = Math.Min(before ?? activity.Count, activity.Count);
        if (activity.Chunk is { } name && end < activity.First + (ulong)most)
        {
            var chunk = await ChunkAsync(rows, name, ct);
            while (true)
            {
                var first = chunk.First;
                entries.InsertRange(0, chunk.Entries.Select((entry, i) => (first + (ulong)i, entry)));
                if (chunk.Before.IsEmpty || first + (ulong)most <= end) break;
                chunk = await ChunkAsync(rows, chunk.Before[^1].Name, ct);
            }
        }

        var told = ImmutableArray.CreateBuilder<ActivityInfo>();
        foreach (var (number, bytes) in entries.Where(entry => entry.Number < end).Reverse().Take(most))
        {
            var entry = ActivityEntry.Decode(bytes);
            var salt = rows.LeafSalt(entry.Decider, entry.Version);
            var leaf = AuditLeaf.Of(AuditDetail.Decode(entry.Detail), salt).Encode();
            var index = await _index.FindAsync(MerkleTree.LeafHash(leaf), ct);
            told.Add(new ActivityInfo(number, entry.Detail, salt, index));
        }

        return told.ToImmutable();
    }

    private async ValueTask<Chunk> ChunkAsync(AccountRows rows, Hash256 name, CancellationToken ct) =>
        await _context.Data.FindAsync(rows, Table.Activity, name, ct)
        ?? throw new StoreUnavailableException(StoreFault.Busy, "the account changes meanwhile");
}
