using KeyRecovery.Service.Stores;
using KeyRecovery.Service.Tables;

namespace KeyRecovery.Service.Moves;

/// <summary>Copies rows, and shows that the copy is what its source is: no row less, none more, none another.</summary>
internal sealed class MoveCopy(
    IDeparture source, IArrival target, TableRegistry tables, int atOnce, IProgress<MoveProgress>? progress)
{
    // Each may take a request's whole budget.
    private const int Tries = 6;

    private const int MostNamed = 100;

    private IEnumerable<Table> Moved => tables.All.Where(table => !table.IsEphemeral);

    /// <summary>Looks through the source.</summary>
    public async Task<MovePlan> CountAsync(CancellationToken ct)
    {
        var (shares, tooLarge, total) = (new List<MoveShare>(), new List<string>(), new Counter());
        foreach (var table in Moved)
        {
            var (rows, bytes, charge) = (0L, 0L, 0.0);
            await foreach (var row in source.Of(table.Store).ScanAsync(table, ct).ConfigureAwait(false))
            {
                (rows, bytes) = (rows + 1, bytes + row.Value.Length);
                if (target.Takes(row.Key, row.Value.Length)) charge += target.ChargeOf(row.Key, row.Value.Length);
                else if (tooLarge.Count < MostNamed)
                    tooLarge.Add($"{NameOf(row.Key)} of {row.Value.Length} bytes");
                Tell(MovePhase.Counting, table, total, row.Value.Length, null);
            }

            if (rows > 0) shares.Add(new MoveShare(table, rows, bytes, charge));
        }

        var stays = 0L;
        foreach (var table in tables.All.Where(table => table.IsEphemeral))
            await foreach (var _ in source.Of(table.Store).ListOwnerAsync(table, default, ct).ConfigureAwait(false))
                stays++;
        return new MovePlan(shares, stays, tooLarge);
    }

    /// <summary>Writes each row that is not there yet.</summary>
    /// <exception cref="MoveRefusedException">Another row stands in its place.</exception>
    /// <exception cref="StoreUnavailableException">A store cannot answer.</exception>
    public Task CopyAsync(MovePlan plan, CancellationToken ct) => EachAsync(MovePhase.Copying, plan, PutAsync, ct);

    /// <summary>Reads each row at both ends, and lists the destination.</summary>
    /// <exception cref="MoveRefusedException">They are not alike.</exception>
    /// <exception cref="StoreUnavailableException">A store cannot answer.</exception>
    public async Task CompareAsync(MovePlan plan, CancellationToken ct)
    {
        await EachAsync(
            MovePhase.Comparing, plan,
            async (row, token) => DemandSame(
                row, await target.Of(row.Key.Table.Store).ReadAsync(row.Key, token).ConfigureAwait(false)),
            ct).ConfigureAwait(false);
        var listed = new Counter();
        foreach (var kind in Enum.GetValues<StoreKind>())
            await foreach (var (name, key) in target.ListAsync(kind, ct).ConfigureAwait(false))
            {
                if (key is not { Table.IsEphemeral: false } row
                    || await source.Of(kind).HeadAsync(row, ct).ConfigureAwait(false) is null)
                    throw new MoveRefusedException(
                        $"the destination has {name}, and the source has not: somebody else writes there");
                Tell(MovePhase.Listing, null, listed, 0, plan);
            }

        if (listed.Rows != plan.Rows)
            throw new MoveRefusedException(
                $"the destination lists {listed.Rows} rows of the {plan.Rows} that were moved");
    }

    private async Task EachAsync(
        MovePhase phase, MovePlan plan, Func<Row, CancellationToken, ValueTask> act, CancellationToken ct)
    {
        var total = new Counter();
        var most = new ParallelOptions { MaxDegreeOfParallelism = atOnce, CancellationToken = ct };
        foreach (var table in Moved)
            await Parallel.ForEachAsync(source.Of(table.Store).ScanAsync(table, ct), most, async (row, token) =>
            {
                await act(row, token).ConfigureAwait(false);
                Tell(phase, table, total, row.Value.Length, plan);
            }).ConfigureAwait(false);
    }

    // Of an answer that was lost, and of a move that was cut short, the row is there and the same.
    private async ValueTask PutAsync(Row row, CancellationToken ct)
    {
        var store = target.Of(row.Key.Table.Store);
        for (var left = Tries; ; left--)
        {
            var result = await store.WriteAsync([new RowWrite.Import(row)], ct).ConfigureAwait(false);
            if (result is WriteResult.Written) return;
            if (result is not WriteResult.Unavailable(_, StoreFault.Busy)
                && await store.ReadAsync(row.Key, ct).ConfigureAwait(false) is { } found)
            {
                DemandSame(row, found);
                return;
            }

            if (left == 1)
                throw new StoreUnavailableException(
                    (result as WriteResult.Unavailable)?.Reason ?? StoreFault.Failed,
                    $"the destination did not take {NameOf(row.Key)}: {result}");
        }
    }

    private static void DemandSame(Row row, Row? found)
    {
        var what = found switch
        {
            null => "is not there",
            _ when !found.Value.Span.SequenceEqual(row.Value.Span) => "has other bytes",
            _ when found.Version != row.Version => $"has version {found.Version} and not {row.Version}",
            _ when found.WrittenHour != row.WrittenHour => $"has hour {found.WrittenHour} and not {row.WrittenHour}",
            _ => null,
        };
        if (what is not null)
            throw new MoveRefusedException(
                $"the destination's {NameOf(row.Key)} {what}: somebody else writes there. Nothing was overwritten");
    }

    // Ids are keyed hashes and random numbers.
    private static string NameOf(RowKey key) => $"{key.Table} {Convert.ToHexStringLower(key.Id.Span)}";

    private void Tell(MovePhase phase, Table? table, Counter counter, int bytes, MovePlan? plan)
    {
        var (rows, size) = counter.Add(bytes);
        progress?.Report(new MoveProgress(phase, table, rows, plan?.Rows, size, plan?.Bytes));
    }

    private sealed class Counter
    {
        private long _rows;
        private long _bytes;

        public long Rows => Interlocked.Read(ref _rows);

        public (long Rows, long Bytes) Add(int bytes) =>
            (Interlocked.Increment(ref _rows), Interlocked.Add(ref _bytes, bytes));
    }
}
