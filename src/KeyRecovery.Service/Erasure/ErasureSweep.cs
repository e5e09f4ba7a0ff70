using KeyRecovery.Service.Accounts;
using KeyRecovery.Service.Realms;
using KeyRecovery.Service.Rows;
using KeyRecovery.Service.Stores;
using KeyRecovery.Service.UseCases;

namespace KeyRecovery.Service.Erasure;

/// <summary>
/// Removes what erasures and jobs leave: jobs that were done 30 days ago, lines of uploads that never became one,
/// erasures that were called off, plans that no erasure names, and the closed rows of users whose erasure is over.
/// </summary>
internal sealed class ErasureSweep(ServiceContext context, ErasureRows rows)
{
    private static readonly TimeSpan Kept = TimeSpan.FromDays(30);

    private readonly IKeyStore _keys = context.Keys;

    /// <summary>Sweeps once.</summary>
    /// <param name="before">How old what is left over must be, in seconds since 1970, to the hour.</param>
    /// <param name="ct">Stops between rows.</param>
    public async ValueTask RunAsync(ulong before, CancellationToken ct)
    {
        await SweepJobsAsync(ct);
        await SweepLinesAsync(before, ct);
        await SweepCancelledAsync(before, ct);
        await SweepPlansAsync(before, ct);
        await ReopenAsync(ct);
    }

    // The job first: without it, its lines are strays, whatever happens now.
    private async ValueTask SweepJobsAsync(CancellationToken ct)
    {
        var expired = new List<Row>();
        await foreach (var row in _keys.ScanAsync(Table.ErasureJobs, ct))
            if (IsExpired(ErasureJobRow.Decode(row.Value))) expired.Add(row);
        foreach (var row in expired)
        {
            if (await _keys.WriteAsync([new RowWrite.Delete(row)], ct) is WriteResult.Written)
                await ErasureJobs.RemoveLinesAsync(_keys, ErasureJobRow.Decode(row.Value).Upload, ct);
        }
    }

    private bool IsExpired(ErasureJobRow job) =>
        job.IsDone && context.Now.HasReached(job.RequestedAt + (ulong)Kept.TotalSeconds);

    // Read before the jobs are, and the first line of each upload deleted before the others, as it was read then:
    // whoever has filed the job meanwhile has written that line again, or is refused there.
    private async ValueTask SweepLinesAsync(ulong before, CancellationToken ct)
    {
        var (firsts, old) = (new Dictionary<Hash256, Row?>(), new Dictionary<Hash256, ReadOnlyMemory<byte>>());
        var young = new HashSet<Hash256>();
        await foreach (var line in _keys.ListOwnerAsync(Table.ErasureLines, default, ct))
        {
            var upload = line.Key.Id[..ErasureJobRows.IdSize];
            var name = Hash256.Of(upload.Span);
            if (line.Key == ErasureJobRows.PlaceOf(upload, 1)) firsts[name] = line;
            if (IsOld(line, before)) old[name] = upload;
            else young.Add(name);
        }

        var live = await UploadsAsync(ct);
        foreach (var (name, upload) in old)
        {
            if (live.ContainsKey(name) || young.Contains(name)) continue;
            if (firsts.GetValueOrDefault(name) is { } first
                && await _keys.WriteAsync([new RowWrite.Delete(first)], ct) is not WriteResult.Written) continue;
            await ErasureJobs.RemoveLinesAsync(_keys, upload, ct);
        }

        // Filed while a sweep took its lines, by somebody who cannot have told anybody. Lines come before their job, so
        // one whose first line is not there has lost it.
        foreach (var job in (await UploadsAsync(ct)).Values)
        {
            var first = ErasureJobRows.PlaceOf(ErasureJobRow.Decode(job.Value).Upload, 1);
            if (await _keys.ReadAsync(first, ct) is null) await _keys.WriteAsync([new RowWrite.Delete(job)], ct);
        }
    }

    private async ValueTask<Dictionary<Hash256, Row>> UploadsAsync(CancellationToken ct)
    {
        var uploads = new Dictionary<Hash256, Row>();
        await foreach (var job in _keys.ScanAsync(Table.ErasureJobs, ct))
            uploads[Hash256.Of(ErasureJobRow.Decode(job.Value).Upload.Span)] = job;
        return uploads;
    }

    // By then everybody has the answer to it. Who planned with it has been refused at the key row.
    private ValueTask SweepCancelledAsync(ulong before, CancellationToken ct) =>
        EachAsync(_keys.ScanAsync(Table.Erasures, ct), async erasure =>
        {
            if (IsOld(erasure, before)
                && rows.Open(erasure) is { Phase: ErasurePhase.Cancelled, Untold.IsEmpty: true }
                && await rows.IsLoggedAsync(erasure, ct))
                await _keys.WriteAsync([new RowWrite.Delete(erasure)], ct);
        });

    // Whoever has written a plan and not yet named it comes to the key row next, and is refused there: it is written
    // first.
    private ValueTask SweepPlansAsync(ulong before, CancellationToken ct) =>
        EachAsync(_keys.ListOwnerAsync(Table.ErasurePlans, default, ct), async part =>
        {
            var keyRow = ErasurePlans.KeyRowOf(part);
            if (!IsOld(part, before)
                || (await rows.ReadAsync(keyRow, ct)).Row is { Phase: ErasurePhase.Erasing }) return;
            if (await _keys.ReadAsync(keyRow, ct) is { } key && KeyRow.Decode(key.Value).State != KeyRowState.Erased
                && await _keys.WriteAsync([new RowWrite.Replace(key, key.Value)], ct) is not WriteResult.Written)
                return;
            await _keys.WriteAsync([new RowWrite.Delete(part)], ct);
        });

    // Only a restored key store has such: the user's row is of an hour at which the erasure was still under way.
    private ValueTask ReopenAsync(CancellationToken ct) =>
        EachAsync(_keys.ScanAsync(Table.RealmSubjects, ct), async subject =>
        {
            if (RealmSubjectRow.Decode(subject.Value) is not { ClosedBy: { } keyRow } row) return;
            if ((await rows.ReadAsync(keyRow, ct)).Row is { Phase: ErasurePhase.Erasing }) return;
            await _keys.WriteAsync([new RowWrite.Replace(subject, (row with { ClosedBy = null }).Encode())], ct);
        });

    private static async ValueTask EachAsync(IAsyncEnumerable<Row> all, Func<Row, ValueTask> sweep)
    {
        await foreach (var row in all)
        {
            try
            {
                await sweep(row);
            }
            catch (RowDamagedException)
            {
                // Whoever takes erasures on tells of it, and the check. Nothing of it goes, and nobody else's waits for
                // it.
            }
        }
    }

    // Rows tell the hour of their writing and no more: what was written in the hour of the limit counts as old.
    private static bool IsOld(Row row, ulong before) => (ulong)row.WrittenHour * 3600 <= before;
}
