using System.Collections.Immutable;
using KeyRecovery.Protocol.Audit.Log;
using KeyRecovery.Protocol.Wire;
using KeyRecovery.Service.Gate;
using KeyRecovery.Service.Log;
using KeyRecovery.Service.Rows;
using KeyRecovery.Service.Stores;

namespace KeyRecovery.Service.UseCases;

/// <summary>Tells an account's devices what was done to it, and where in the log each change stands.</summary>
public sealed class ActivityReader
{
    /// <summary>The most entries of one answer.</summary>
    public const int Most = 128;

    private readonly ServiceContext _context;
    private readonly LogIndex _index;

    internal ActivityReader(ServiceContext context) => (_context, _index) = (context, new LogIndex(context.Data));

    /// <summary>Entries before a number, the newest first.</summary>
    /// <param name="account">Whose.</param>
    /// <param name="before">All of the answer come before it; null for the newest.</param>
    /// <param name="most">How many, 1 to <see cref="Most"/>.</param>
    /// <param name="ct">Cancels.</param>
    /// <exception cref="StoreUnavailableException">The account changes meanwhile: to be asked for again.</exception>
    public async ValueTask<ImmutableArray<ActivityInfo>> ReadAsync(
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
