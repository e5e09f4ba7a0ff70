using KeyRecovery.Service.Accounts;
using KeyRecovery.Service.Rows;
using KeyRecovery.Service.Stores;
using KeyRecovery.Service.UseCases;

namespace KeyRecovery.Service.Erasure;

/// <summary>
/// What follows the point of no return, for several accounts with one checkpoint: the list of tombstones, the rows, the
/// journals, the first receipt. Each step may be done again.
/// </summary>
internal sealed class ErasureFinisher(
    ServiceContext context, ErasureRows rows, RowRemoval removal, FirstReceipt receipt, ITombstones tombstones,
    ReadOnlyMemory<byte> fenceKey) : IDisposable
{
    private const int Rounds = 4;

    private readonly SemaphoreSlim _running = new(1, 1);

    // What stands in the list already: a pass that waits for a reader repeats itself every few seconds.
    private readonly HashSet<RowKey> _listed = [];

    /// <summary>
    /// Takes accounts whose keys are destroyed to their receipts. One group at a time: whoever comes second finds the
    /// work done.
    /// </summary>
    /// <returns>How many got one now, how many are left, and why. Others may have finished some before.</returns>
    /// <exception cref="StoreUnavailableException">A store cannot do it.</exception>
    public async Task<FinishReport> FinishAsync(IReadOnlyList<RowKey> keyRows, CancellationToken ct)
    {
        if (keyRows.Count == 0) return new FinishReport(0, [], null);
        await _running.WaitAsync(ct);
        try
        {
            return await RunAsync(keyRows, ct);
        }
        finally
        {
            _running.Release();
        }
    }

    public void Dispose() => _running.Dispose();

    private async Task<FinishReport> RunAsync(IReadOnlyList<RowKey> keyRows, CancellationToken ct)
    {
        var (open, left, problem) = await OpenAsync(keyRows, ct);
        var done = 0;
        for (var round = 1; open.Count > 0; round++)
        {
            // Places that do not wait for one another; the receipts wait for all.
            await Task.WhenAll(
                Task.Run(() => ListAsync(open, ct), ct), removal.RunAsync(open.ConvertAll(o => o.Plan), ct),
                ForgetLinksAsync(open, ct));
            if (!await context.Data.ForgetAsync(ct))
            {
                const string Why = "the data store's journals are not empty: somebody still reads an older state";
                return new FinishReport(done, [.. left, .. open.Select(o => o.KeyRow)], Why);
            }

            var given = await SideBySide.RunAsync(open, (o, haveRead) => GiveAsync(o, haveRead, ct));
            done += given.Count(g => g.Problem is null);
            // What a request wrote that had passed the gate before: its rows are names without an owner, and go as
            // well.
            open = given.Where(g => g.Problem == FirstReceipt.RowsLeft && round < Rounds)
                .Select(g => g.Erasure).ToList();
            foreach (var (erasure, why) in given)
            {
                if (why is null || open.Contains(erasure)) continue;
                left.Add(erasure.KeyRow);
                problem = why;
            }
        }

        return new FinishReport(done, left, problem);
    }

    // Those behind the point of no return, those of them that cannot be taken on, and why.
    private async ValueTask<(List<OpenErasure> Open, List<RowKey> Left, string? Problem)> OpenAsync(
        IReadOnlyList<RowKey> keyRows, CancellationToken ct)
    {
        var (open, left, problem) = (new List<OpenErasure>(), new List<RowKey>(), (string?)null);
        foreach (var keyRow in keyRows)
        {
            try
            {
                if (await rows.ReadAsync(
                    keyRow, ct) is not ({ Phase: ErasurePhase.Erasing, Plan: { } name } row, { } stored)) continue;
                // Decided, and its key is still there: nothing of it may be touched.
                if (await context.Keys.ReadAsync(keyRow, ct) is not { } key) continue;
                if (KeyRow.Decode(key.Value) is not { State: KeyRowState.Erased, Since: var erasedAt }) continue;
                open.Add(new OpenErasure(keyRow, row, stored, await rows.Plans.ReadAsync(keyRow, name, ct), erasedAt));
            }
            catch (RowDamagedException damaged)
            {
                // It holds up nobody else's.
                left.Add(keyRow);
                problem = damaged.Message;
            }
        }

        return (open, left, problem);
    }

    private async Task ListAsync(List<OpenErasure> open, CancellationToken ct)
    {
        var unlisted = open.Select(o => o.KeyRow).Where(k => !_listed.Contains(k));
        await tombstones.AppendAsync([.. unlisted.Select(k => TombstoneName.Of(fenceKey, k))], ct);
        _listed.UnionWith(open.Select(o => o.KeyRow));
    }

    private async Task ForgetLinksAsync(List<OpenErasure> open, CancellationToken ct)
    {
        foreach (var erasure in open)
            if (erasure.Row.Account is { } account) await context.Links.ForgetAsync(account, ct);
    }

    private async Task<(OpenErasure Erasure, string? Problem)> GiveAsync(
        OpenErasure erasure, Task haveRead, CancellationToken ct)
    {
        try
        {
            var problem = await receipt.GiveAsync(erasure, haveRead, ct);
            if (problem is null) lock (_listed) _listed.Remove(erasure.KeyRow);
            return (erasure, problem);
        }
        catch (RowDamagedException damaged)
        {
            return (erasure, damaged.Message);
        }
    }
}

/// <summary>What came of finishing some erasures.</summary>
/// <param name="Done">Receipts of level 1.</param>
/// <param name="Left">Those without one.</param>
/// <param name="Problem">Why; null where none is left.</param>
internal sealed record FinishReport(int Done, IReadOnlyList<RowKey> Left, string? Problem);
