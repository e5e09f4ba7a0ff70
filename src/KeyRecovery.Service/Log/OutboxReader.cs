using KeyRecovery.Service.Stores;
using KeyRecovery.Service.Tables;

namespace KeyRecovery.Service.Log;

/// <summary>
/// Decides by versions, and never by time, which changes were committed: those that are reached from the newest change
/// of the deciding row, from each to the one before it. One that is not, though the row has reached the version that it
/// would have made, never will be. All others are looked at again later.
/// </summary>
internal sealed class OutboxReader(IDataStore data, IKeyStore keys, TableRegistry tables, TimeProvider time)
{
    // So many are held in memory at once; what is beyond comes with the next look.
    private const int MostAtOnce = 4096;

    private static readonly TimeSpan FirstWait = TimeSpan.FromSeconds(1);
    private static readonly TimeSpan LongestWait = TimeSpan.FromHours(1);

    private readonly Dictionary<RowKey, (long NotBefore, TimeSpan Wait)> _undecided = [];

    /// <summary>Looks through both outboxes.</summary>
    /// <exception cref="StoreUnavailableException">A store cannot answer.</exception>
    public async ValueTask<OutboxLook> LookAsync(CancellationToken ct)
    {
        var (committed, dead, oldest) = (new List<BatchLeaf>(), new List<RowKey>(), (ulong?)null);
        var undecided = new HashSet<RowKey>();
        foreach (var (store, table) in new (IRowStore, Table)[] { (data, Table.Outbox), (keys, Table.KeyOutbox) })
        {
            var (found, fresh) = (new Dictionary<ChangeId, OutboxRow>(), 0);
            await foreach (var row in store.ScanAsync(table, ct))
            {
                var id = ChangeId.Read(row.Key.Id.Span);
                oldest = Math.Min(oldest ?? id.Time, id.Time);
                found[id] = OutboxRow.Decode(row, tables);
                // Those that wait are looked through, or new ones behind many of them would never be seen.
                if (!IsWaiting(row.Key) && ++fresh == MostAtOnce) break;
            }

            foreach (var decided in found.GroupBy(entry => entry.Value.Decider))
            {
                if (decided.All(entry => IsWaiting(OutboxRow.Place(table.Store, entry.Key))))
                {
                    undecided.UnionWith(decided.Select(entry => OutboxRow.Place(table.Store, entry.Key)));
                    continue;
                }

                var decider = await store.ReadAsync(decided.Key, ct);
                var reached = await WalkAsync(store, table, decider, found, ct);
                committed.AddRange(reached.Select(r => new BatchLeaf(
                    OutboxRow.Place(table.Store, r.Id), r.Row.Leaf, r.Row.Events)));
                var ids = reached.Select(r => r.Id).ToHashSet();
                foreach (var (id, row) in decided.Where(entry => !ids.Contains(entry.Key)))
                {
                    if (decider is not null && decider.Version >= row.Version)
                        dead.Add(OutboxRow.Place(table.Store, id));
                    else undecided.Add(OutboxRow.Place(table.Store, id));
                }
            }
        }

        WaitFor(undecided);
        return new OutboxLook(committed, dead, undecided.Count, oldest);
    }

    // The oldest first. One that is gone was appended, and all before it were.
    private async ValueTask<List<(ChangeId Id, OutboxRow Row)>> WalkAsync(
        IRowStore store, Table table, Row? decider, Dictionary<ChangeId, OutboxRow> found, CancellationToken ct)
    {
        var reached = new List<(ChangeId, OutboxRow)>();
        for (var id = ChangeId.Of(decider); !id.IsNone;)
        {
            if (!found.TryGetValue(id, out var row))
            {
                if (await store.ReadAsync(OutboxRow.Place(table.Store, id), ct) is not { } stored) break;
                row = OutboxRow.Decode(stored, tables);
            }

            reached.Add((id, row));
            id = row.Previous;
        }

        reached.Reverse();
        return reached;
    }

    private bool IsWaiting(RowKey outbox) =>
        _undecided.TryGetValue(outbox, out var wait) && time.GetTimestamp() < wait.NotBefore;

    private void WaitFor(HashSet<RowKey> undecided)
    {
        foreach (var gone in _undecided.Keys.Where(key => !undecided.Contains(key)).ToList()) _undecided.Remove(gone);
        foreach (var key in undecided.Where(key => !IsWaiting(key)))
        {
            var wait = _undecided.TryGetValue(key, out var before) ? before.Wait * 2 : FirstWait;
            if (wait > LongestWait) wait = LongestWait;
            _undecided[key] = (time.GetTimestamp() + (long)(wait.TotalSeconds * time.TimestampFrequency), wait);
        }
    }
}

/// <summary>What a look through the outboxes found.</summary>
/// <param name="Committed">What is to be appended; of each deciding row the oldest first.</param>
/// <param name="Dead">What never came to pass.</param>
/// <param name="Undecided">How many may still.</param>
/// <param name="Oldest">When the oldest of all was planned, in seconds since 1970; null where there is none.</param>
internal sealed record OutboxLook(
    IReadOnlyList<BatchLeaf> Committed, IReadOnlyList<RowKey> Dead, int Undecided, ulong? Oldest);
