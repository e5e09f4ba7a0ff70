using System.Collections.Immutable;
using System.Runtime.CompilerServices;
using KeyRecovery.Protocol.Audit;
using KeyRecovery.Service.Accounts;
using KeyRecovery.Service.Rows;
using KeyRecovery.Service.Stores;
using KeyRecovery.Service.UseCases;

namespace KeyRecovery.Service.Erasure;

/// <summary>
/// Carries jobs out: of each line that is not settled it destroys the account's key, and when the group is finished it
/// counts what is settled, in one write of the job's row. A line says which account it names before that account's key
/// goes, and never names another.
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
        var (line, stored) = await rows.LineAsync(job, number, ct);
        var isLooked = line.Filing >= job.Filing;
        if (line.State == LineState.Same || line.Filing > job.Filing) return null;
        if (isLooked && line.State == LineState.Unknown) return null;
        var there = await AccountAsync(line, ct);
        RowKey? found = there is null ? null : context.Lookups.Ids.KeyRow(there.Value);
        // The first look names whoever is there then, and no later one names anybody else (F23).
        RowKey? named = line.State switch
        {
            LineState.Found => new RowKey(Table.KeyRows, line.KeyRow),
            LineState.Waiting => found,
            _ => null,
        };
        var next = line with { Filing = job.Filing };
        if (!isLooked)
            next = next with { IsReturned = found is { } other && other != named && await IsLiveAsync(other, ct) };
        if (named is { } keyRow && named == found)
        {
            var claimed = next with { State = LineState.Found, KeyRow = keyRow.Id };
            switch (await eraser.DestroyAsync(
                keyRow, RequestOf(job, there!.Value), () => ClaimAsync(stored, claimed, ct), haveRead, ct))
            {
                // Where somebody else's erasure of it was under way, the line has still to say so.
                case DestroyOutcome.Destroyed:
                    await haveRead;
                    return await TryWriteAsync(stored, claimed, ct) ? keyRow : null;
                case DestroyOutcome.ClaimLost:
                    return null;
                // It names the account all the same: whoever comes back is not meant when the hold ends.
                case DestroyOutcome.Held:
                    await haveRead;
                    await TryWriteAsync(stored, claimed, ct);
                    return null;
            }
        }

        var isThere = line.State == LineState.Found && await context.Keys.ReadAsync(named!.Value, ct) is not null;
        if (!isThere) next = next with { State = LineState.Unknown, KeyRow = default };
        await haveRead;
        return await TryWriteAsync(stored, next, ct) && isThere ? named : null;
    }

    private ErasureRow RequestOf(ErasureJobRow job, AccountId account) => new()
    {
        Phase = ErasurePhase.Erasing,
        Id = ErasureId.Draw(context.Random),
        App = job.App,
        RequestedBy = ErasureRequester.Operator,
        RequestedAt = job.RequestedAt,
        Account = account,
    };

    private async ValueTask<AccountId?> AccountAsync(ErasureLineRow line, CancellationToken ct) =>
        await context.Names.FindAsync(line.Places, ct) is { } lookup
            ? context.Lookups.Open(lookup) : null;

    private async ValueTask<bool> IsLiveAsync(RowKey keyRow, CancellationToken ct) =>
        await context.Keys.ReadAsync(keyRow, ct) is { } stored
            && KeyRow.Decode(stored.Value).State != KeyRowState.Erased;

    // Lost where another process has looked at the line since it was read.
    private async ValueTask<Claim> ClaimAsync(Row read, ErasureLineRow next, CancellationToken ct)
    {
        var (now, value) = (await context.Keys.ReadAsync(read.Key, ct), next.Encode());
        if (now is not null && now.Value.Span.SequenceEqual(value)) return Claim.Held;
        return now?.Version == read.Version ? new Claim.Write(new RowWrite.Replace(now, value)) : new Claim.Lost();
    }

    // False where the claim is lost.
    private async ValueTask<bool> TryWriteAsync(Row read, ErasureLineRow next, CancellationToken ct)
    {
        var isLost = false;
        await WriteAsync(
            async () =>
            {
                var claim = await ClaimAsync(read, next, ct);
                isLost = claim is Claim.Lost;
                return (claim as Claim.Write)?.Line;
            },
            ct);
        return !isLost;
    }

    private async ValueTask SettleAsync(
        ReadOnlyMemory<byte> id, ErasureJobRow job, ImmutableArray<int> numbers, CancellationToken ct)
    {
        var outcomes = new Dictionary<int, ErasureLineOutcome>();
        foreach (var number in numbers)
        {
            try
            {
                outcomes[number] = await rows.OutcomeAsync(job, number, ct);
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
