using System.Collections.Immutable;
using System.Runtime.CompilerServices;
using KeyRecovery.Protocol.Audit;
using KeyRecovery.Service.Rows;
using KeyRecovery.Service.Stores;
using KeyRecovery.Service.UseCases;

namespace KeyRecovery.Service.Erasure;

/// <summary>
/// Carries jobs out: of each line that is not settled it destroys the account's key, and when the group is finished it
/// counts what is settled, in one write of the job's row. A line says which account it found before that account's key
/// goes.
/// </summary>
internal sealed class ErasureJobRun(ServiceContext context, ErasureJobRows rows, Eraser eraser)
{
    private const int Attempts = 8;

    /// <summary>Destroys the keys of all jobs' lines that are not settled.</summary>
    /// <param name="most">The most of a group.</param>
    /// <param name="block">Is told of a line that damage holds up; the others go on, and it is looked at again by the
    /// next run.</param>
    /// <param name="ct">Cancels.</param>
    /// <returns>Key rows that are now to be finished, in groups; what is finished before the next group is asked for is
    /// counted.</returns>
    /// <exception cref="StoreUnavailableException">The key store cannot write: no line is passed over.</exception>
    public async IAsyncEnumerable<IReadOnlyList<RowKey>> RunAsync(
        int most, Action<string> block, [EnumeratorCancellation] CancellationToken ct)
    {
        var open = new List<ReadOnlyMemory<byte>>();
        await foreach (var stored in context.Keys.ScanAsync(Table.ErasureJobs, ct))
            if (!ErasureJobRow.Decode(stored.Value).IsDone) open.Add(stored.Key.Id);
        foreach (var id in open)
        {
            var last = 0;
            while (await NextAsync(id, last, most, ct) is (var job, { IsEmpty: false } numbers))
            {
                last = numbers[^1];
                var taken = await SideBySide.RunAsync(
                    numbers, (number, haveRead) => TryTakeAsync(job, number, haveRead, ct));
                foreach (var damage in taken.Select(t => t.Damage).OfType<string>()) block(damage);
                yield return [.. taken.Select(t => t.KeyRow).OfType<RowKey>().Distinct()];
                await SettleAsync(id, job, numbers, ct);
            }
        }
    }

    private async ValueTask<(ErasureJobRow Job, ImmutableArray<int> Numbers)?> NextAsync(
        ReadOnlyMemory<byte> id, int last, int most, CancellationToken ct) =>
        await rows.ReadAsync(id, ct) is ({ } job, _) ? (job, [.. job.Open.After(last).Take(most)]) : null;

    private async Task<(RowKey? KeyRow, string? Damage)> TryTakeAsync(
        ErasureJobRow job, int number, Task haveRead, CancellationToken ct)
    {
        try
        {
            return (await TakeAsync(job, number, haveRead, ct), null);
        }
        catch (RowDamagedException damaged)
        {
            return (null, damaged.Message);
        }
    }

    // The key row that is to be finished; null where there is none.
    private async ValueTask<RowKey?> TakeAsync(ErasureJobRow job, int number, Task haveRead, CancellationToken ct)
    {
        var (line, _) = await rows.LineAsync(job, number, ct);
        if (line.State == LineState.Same) return null;
        var isLooked = line.Filing == job.Filing;
        if (isLooked && line.State == LineState.Unknown) return null;
        RowKey? found = line.State == LineState.Found ? new RowKey(Table.KeyRows, line.KeyRow) : null;
        if (await context.Keys.ReadAsync(new RowKey(Table.Subjects, line.Subject), ct) is { } lookup)
        {
            var account = context.Lookups.Open(lookup);
            var keyRow = context.Lookups.Ids.KeyRow(account);
            // Whoever has registered anew since this filing found them is not who was found; a later filing names them.
            if (found is null || found == keyRow || !isLooked)
            {
                var request = new ErasureRow
                {
                    Phase = ErasurePhase.Erasing,
                    Id = ErasureId.Draw(context.Random),
                    App = job.App,
                    RequestedBy = ErasureRequester.Operator,
                    RequestedAt = job.RequestedAt,
                    Account = account,
                };
                var outcome = await eraser.DestroyAsync(
                    keyRow, request, () => FoundAsync(job, number, keyRow, ct), haveRead, ct);
                if (outcome == DestroyOutcome.Destroyed)
                {
                    // Somebody else's erasure of it was under way, with a receipt of its own: the line has still to say
                    // so.
                    await WriteAsync(() => FoundAsync(job, number, keyRow, ct), ct);
                    return keyRow;
                }
            }
        }

        var isThere = found is not null && await context.Keys.ReadAsync(found.Value, ct) is not null;
        await haveRead;
        await WriteAsync(
            () => isThere ? FoundAsync(job, number, found!.Value, ct)
                : ChangeAsync(job, number, l => NotFound(job, l), ct), ct);
        return isThere ? found : null;
    }

    private ValueTask<RowWrite?> FoundAsync(ErasureJobRow job, int number, RowKey keyRow, CancellationToken ct) =>
        ChangeAsync(job, number, line => line with { State = LineState.Found, KeyRow = keyRow.Id }, ct);

    // Another process may have found somebody meanwhile.
    private static ErasureLineRow NotFound(ErasureJobRow job, ErasureLineRow line) =>
        line.Filing == job.Filing && line.State == LineState.Found
            ? line : line with { State = LineState.Unknown, KeyRow = default };

    // Null where the line is as it shall be, or a later filing has looked at it: this one tells nothing of it any more.
    private async ValueTask<RowWrite?> ChangeAsync(
        ErasureJobRow job, int number, Func<ErasureLineRow, ErasureLineRow> change, CancellationToken ct)
    {
        var (line, stored) = await rows.LineAsync(job, number, ct);
        if (line.Filing > job.Filing) return null;
        var next = (change(line) with { Filing = job.Filing }).Encode();
        return stored.Value.Span.SequenceEqual(next) ? null : new RowWrite.Replace(stored, next);
    }

    private async ValueTask SettleAsync(
        ReadOnlyMemory<byte> id, ErasureJobRow job, ImmutableArray<int> numbers, CancellationToken ct)
    {
        var outcomes = new Dictionary<int, LineOutcome>();
        foreach (var number in numbers)
        {
            try
            {
                outcomes[number] = (await rows.OutcomeAsync(job, number, ct)).Outcome;
            }
            catch (RowDamagedException)
            {
                // It was told when the line was taken, and is not settled.
            }
        }

        await WriteAsync(
            async () =>
            {
                // Filed again meanwhile: nothing of that is settled yet.
                if (await rows.ReadAsync(id, ct) is not ({ } now, { } stored) || now.Filing != job.Filing) return null;
                var next = now.Settle(outcomes);
                return ReferenceEquals(next, now) ? null : new RowWrite.Replace(stored, next.Encode());
            },
            ct);
    }

    private async ValueTask WriteAsync(Func<ValueTask<RowWrite?>> plan, CancellationToken ct)
    {
        for (var attempt = 0; attempt < Attempts; attempt++)
        {
            if (await plan() is not { } write) return;
            switch (await context.Keys.WriteAsync([write], ct))
            {
                case WriteResult.Written:
                    return;
                case WriteResult.Unavailable(_, var reason):
                    throw new StoreUnavailableException(reason, "what came of a job's lines cannot be written");
            }
        }
    }
}
