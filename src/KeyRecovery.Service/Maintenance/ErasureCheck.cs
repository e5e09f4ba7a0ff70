using System.Collections.Immutable;
using KeyRecovery.Protocol.Wire;
using KeyRecovery.Service.Accounts;
using KeyRecovery.Service.Erasure;
using KeyRecovery.Service.Rows;
using KeyRecovery.Service.Stores;
using KeyRecovery.Service.UseCases;

namespace KeyRecovery.Service.Maintenance;

/// <summary>
/// Checks erasures and jobs: whoever is erased has an erasure or a receipt that says so, whoever has a receipt is
/// erased, what is under way has its plan, and jobs count what their lines say.
/// </summary>
internal sealed class ErasureCheck(ServiceContext context, ErasureRows rows)
{
    private readonly ErasureJobRows _jobs = new(context.Keys, rows, default);

    public async ValueTask RunAsync(ImmutableArray<string>.Builder damaged, CancellationToken ct)
    {
        foreach (var (table, check) in new (Table, Func<Row, CancellationToken, ValueTask<string?>>)[]
        {
            (Table.KeyRows, CheckKeyRowAsync), (Table.Erasures, CheckErasureAsync), (Table.Receipts, CheckReceiptAsync),
            (Table.ErasureJobs, CheckJobAsync),
        })
        {
            await foreach (var stored in context.Keys.ScanAsync(table, ct))
            {
                try
                {
                    if (await check(stored, ct) is { } fault) damaged.Add(fault);
                }
                catch (Exception e) when (e is RowDamagedException or WireFormatException)
                {
                    damaged.Add($"{table}: {e.Message}");
                }
            }
        }
    }

    private async ValueTask<string?> CheckKeyRowAsync(Row stored, CancellationToken ct)
    {
        if (KeyRow.Decode(stored.Value).State != KeyRowState.Erased) return null;
        var isTold = await rows.ReadAsync(stored.Key, ct) is ({ Phase: ErasurePhase.Erasing or ErasurePhase.Erased }, _)
            || await rows.LastReceiptAsync(stored.Key, ct) is not null;
        return isTold ? null : "key row: erased, and no erasure says so";
    }

    // The key row before the erasure and behind it: the server may be at work meanwhile.
    private async ValueTask<string?> CheckErasureAsync(Row stored, CancellationToken ct)
    {
        var keyRow = ErasureRows.KeyRowOf(stored);
        var wasErased = await IsErasedAsync(keyRow, ct);
        if ((await rows.ReadAsync(keyRow, ct)).Row is not { } row) return null;
        return row.Phase switch
        {
            ErasurePhase.Held or ErasurePhase.Cancelled when wasErased =>
                "erasure: not begun, and the key is destroyed",
            ErasurePhase.Erasing when !await HasPlanAsync(keyRow, row.Plan, ct) => "erasure: its plan is not there",
            ErasurePhase.Erased when !await IsErasedAsync(keyRow, ct) => "erasure: a receipt, and no tombstone",
            _ => null,
        };
    }

    private async ValueTask<bool> HasPlanAsync(RowKey keyRow, Hash256? plan, CancellationToken ct)
    {
        try
        {
            return plan is { } name && await rows.Plans.ReadAsync(keyRow, name, ct) is not null;
        }
        catch (RowDamagedException)
        {
            // Gone with the receipt, or another one has come in its place.
            return (await rows.ReadAsync(keyRow, ct)).Row?.Plan != plan;
        }
    }

    private async ValueTask<string?> CheckReceiptAsync(Row stored, CancellationToken ct)
    {
        var keyRow = new RowKey(Table.KeyRows, stored.Key.Id);
        var isGiven = await rows.LastReceiptAsync(keyRow, ct) is { IsEmpty: false };
        return isGiven && !await IsErasedAsync(keyRow, ct) ? "erasure: a last receipt, and no tombstone" : null;
    }

    private async ValueTask<string?> CheckJobAsync(Row stored, CancellationToken ct)
    {
        var job = ErasureJobRow.Decode(stored.Value);
        var (erased, unknown, returned) = (0, 0, 0);
        for (var number = 1; number <= job.Lines; number++)
        {
            var (_, outcome, _, isReturned) = await _jobs.OutcomeAsync(job, number, ct);
            if (job.Open.Contains(number)) continue;
            if (outcome == LineOutcome.Erased) erased++;
            if (outcome == LineOutcome.Unknown) unknown++;
            if (isReturned) returned++;
        }

        var isCounted = (erased, unknown, returned) == (job.Erased, job.Unknown, job.Returned)
            && erased + unknown + job.Open.Count == job.Lines;
        return isCounted ? null : "job: its counts are not those of its lines";
    }

    private async ValueTask<bool> IsErasedAsync(RowKey keyRow, CancellationToken ct) =>
        await context.Keys.ReadAsync(keyRow, ct) is { } stored
            && KeyRow.Decode(stored.Value).State == KeyRowState.Erased;
}
