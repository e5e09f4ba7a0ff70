using KeyRecovery.Protocol.Primitives;
using KeyRecovery.Protocol.Wire;
using KeyRecovery.Service.Errors;
using KeyRecovery.Service.Gate;
using KeyRecovery.Service.Keys;
using KeyRecovery.Service.Rows;
using KeyRecovery.Service.Stores;
using KeyRecovery.Service.UseCases;

namespace KeyRecovery.Service.Erasure;

/// <summary>Erasure (docs/protocol.md §15): who asks, the saga, its receipts. What was begun goes on by <see cref="ResumeAsync"/>.</summary>
public sealed class Erasures : IDisposable
{
    /// <summary>So many are finished with one checkpoint.</summary>
    internal const int Group = 64;

    private readonly SemaphoreSlim _finishing = new(1, 1);
    private readonly ServiceContext _context;
    private readonly ErasureRows _rows;
    private readonly ClockWatch _clock;
    private readonly ErasureHolds _holds;
    private readonly Eraser _eraser;
    private readonly ErasureFinisher _finisher;
    private readonly SigningKey _auditKey;
    private readonly ErasureJobs _jobs;
    private readonly TombstoneReplay _replay;

    internal Erasures(ServiceContext context, ErasureRows rows, IKekRing ring, ServerSecrets secrets, IBackupSets backups, ITombstones tombstones)
    {
        (_context, _rows) = (context, rows);
        _auditKey = secrets.AuditKey();
        _clock = new ClockWatch(context.Time);
        _holds = new ErasureHolds(context, rows, _clock);
        _eraser = new Eraser(context, rows, ring);
        _finisher = new ErasureFinisher(context, rows, ring, backups, tombstones, secrets.FenceKey, _auditKey, _clock);
        _jobs = new ErasureJobs(context, rows, _eraser, secrets.LookupKey);
        _replay = new TombstoneReplay(context, rows, _eraser, tombstones, secrets.FenceKey);
    }

    /// <summary>Why nothing that waits for a time is done: the server's clock was moved; null while it is believed.</summary>
    public string? ClockProblem => _clock.Now is null ? _clock.Problem : null;

    /// <summary>What verifies this server's receipts.</summary>
    public VerifyKey AuditKey => _auditKey.PublicKey;

    /// <summary>Takes a device's request: held, or with a hold of nothing done at once.</summary>
    public async ValueTask<Outcome<ErasureStatus>> RequestAsync(OpenAccount account, CancellationToken ct)
    {
        var requested = await _holds.RequestAsync(account, ct);
        if (requested is Outcome<ErasureRow>.Failed(var failure)) return failure;
        var row = ((Outcome<ErasureRow>.Done)requested).Value;
        if (row.Phase == ErasurePhase.Erasing || (row.Phase == ErasurePhase.Held && _holds.IsDue(row) == true))
        {
            bool isDestroyed;
            try
            {
                isDestroyed = await _eraser.DestroyAsync(account.KeyRowKey, row, null, [], ct);
            }
            catch (ErasureBlockedException)
            {
                // The data went back between the gate and here.
                return new ServiceFailure(ErrorCode.RepairRequired);
            }

            await FinishAsync([account.KeyRowKey], ct);
            var now = (await _rows.ReadAsync(account.KeyRowKey, ct)).Row;
            // Removed between the gate and here: nothing was done, and nothing will be.
            if (now is null && !isDestroyed) return new ServiceFailure(ErrorCode.Revoked);
            row = now ?? row;
        }

        return _holds.Status(row);
    }

    /// <summary>How the account's erasure stands.</summary>
    public ValueTask<ErasureStatus> StatusAsync(OpenAccount account, CancellationToken ct) => _holds.StatusAsync(account, ct);

    /// <summary>How long a held erasure still waits, zero where it is due; null where none is held. One point read of the key store.</summary>
    public ValueTask<TimeSpan?> DueInAsync(OpenAccount account, CancellationToken ct) => _holds.DueInAsync(account, ct);

    /// <summary>Cancels a held erasure.</summary>
    /// <param name="keyId">Who signs.</param>
    /// <param name="verify">Whether the request's signature verifies under a key.</param>
    /// <param name="pass">The gate, for signers who were not there at the time.</param>
    /// <param name="ct">Cancels.</param>
    public async ValueTask<Outcome<bool>> CancelAsync(
        KeyId keyId, Func<VerifyKey, bool> verify, Func<CancellationToken, ValueTask<GateResult>> pass, CancellationToken ct)
    {
        var cancelled = await _holds.TryCancelAsync(keyId, verify, ct);
        if (cancelled is not Outcome<bool>.Done { Value: false }) return cancelled;
        switch (await pass(ct))
        {
            case GateResult.Open(var account):
                using (account)
                    return await _holds.IsHeldAsync(account, ct) ? ServiceFailure.Forbidden("keyid") : false;
            case GateResult.Shut(var failure):
                return failure;
            default:
                throw new InvalidOperationException();
        }
    }

    /// <summary>Operators' jobs.</summary>
    public ErasureJobs Jobs => _jobs;

    /// <summary>
    /// Destroys again the keys that an older key store has brought back, by the list of tombstones, and completes the list. To be done before anybody is
    /// served; <see cref="ResumeAsync"/> then finishes them.
    /// </summary>
    /// <returns>How many had come back.</returns>
    /// <exception cref="StoreUnavailableException">A store, or the list, cannot answer.</exception>
    public ValueTask<int> ReplayAsync(CancellationToken ct) => _replay.RunAsync(ct);

    /// <summary>
    /// Makes the holds of a key store that was restored begin anew: who has cancelled since would be erased before anybody
    /// could cancel again.
    /// </summary>
    /// <returns>How many are held.</returns>
    /// <exception cref="StoreUnavailableException">The key store cannot answer.</exception>
    public ValueTask<int> BeginHoldsAnewAsync(CancellationToken ct) => _holds.BeginAnewAsync(ct);

    /// <summary>Takes everything a step on: holds that are due, what a crash cut short, jobs, receipts that waited for a KEK. While the clock is moved, only what waits for no time.</summary>
    /// <exception cref="StoreUnavailableException">A store cannot do its part: what was begun stays pending.</exception>
    public async Task<ErasureReport> ResumeAsync(CancellationToken ct)
    {
        var (erased, pending, problem, steps) = (0, 0, (string?)null, new Dictionary<ErasureStep, int>());
        var (some, open) = (new List<Row>(Group), new List<RowKey>());
        void Block(string why)
        {
            pending++;
            problem ??= why;
        }

        async Task CloseAsync(Task<(int Done, int Left, string? Problem)> finishing)
        {
            var (done, left, why) = await finishing;
            erased += done;
            pending += left;
            problem ??= why;
        }

        async Task TakeAllOnAsync()
        {
            foreach (var (keyRow, step, why) in await SideBySide.RunAsync(some, (stored, haveRead) => TakeOnAsync(stored, haveRead, ct)))
            {
                steps[step] = steps.GetValueOrDefault(step) + 1;
                if (step == ErasureStep.Open) open.Add(keyRow);
                if (why is not null) Block(why);
            }

            some.Clear();
            if (open.Count < Group) return;
            await CloseAsync(TryFinishAsync(open, ct));
            open.Clear();
        }

        await foreach (var stored in _context.Keys.ScanAsync(Table.Erasures, ct))
        {
            some.Add(stored);
            if (some.Count == Group) await TakeAllOnAsync();
        }

        await TakeAllOnAsync();
        await CloseAsync(TryFinishAsync(open, ct));
        // One group after the other: to destroy the next one's keys meanwhile is faster, and commits beside it wait longer.
        await foreach (var group in _jobs.RunAsync(Group, Block, ct)) await CloseAsync(TryFinishAsync(group, ct));
        return new ErasureReport(
            erased, steps.GetValueOrDefault(ErasureStep.Final), pending, steps.GetValueOrDefault(ErasureStep.AwaitKek),
            steps.GetValueOrDefault(ErasureStep.AwaitSets), steps.GetValueOrDefault(ErasureStep.AwaitClock), problem);
    }

    /// <inheritdoc/>
    public void Dispose()
    {
        _finishing.Dispose();
        _auditKey.Dispose();
        _rows.Dispose();
    }

    private async Task<(RowKey KeyRow, ErasureStep Step, string? Problem)> TakeOnAsync(Row stored, Task haveRead, CancellationToken ct)
    {
        var keyRow = new RowKey(Table.KeyRows, stored.Key.Id);
        try
        {
            var row = _rows.Open(stored);
            var step = row.Phase switch
            {
                ErasurePhase.Held => _holds.IsDue(row) is not { } isDue ? ErasureStep.AwaitClock
                    : isDue && await _eraser.DestroyAsync(keyRow, row, null, [], haveRead, ct) ? ErasureStep.Open
                    : ErasureStep.None,
                ErasurePhase.Erasing => ErasureStep.Open,
                ErasurePhase.Erased => await _finisher.TryFinalizeAsync(keyRow, row, stored, haveRead, ct),
                _ => ErasureStep.None,
            };
            return (keyRow, step, step switch
            {
                ErasureStep.AwaitClock => _clock.Problem,
                ErasureStep.AwaitRing => "the ring is of an older day: it does not know the KEK of an erasure",
                _ => null,
            });
        }
        catch (Exception one) when (one is ErasureBlockedException or RowDamagedException)
        {
            // It holds up nobody else's.
            return (keyRow, ErasureStep.None, one.Message);
        }
    }

    private async Task<(int Done, int Left, string? Problem)> TryFinishAsync(IReadOnlyList<RowKey> keyRows, CancellationToken ct)
    {
        try
        {
            return await FinishAsync(keyRows, ct);
        }
        catch (StoreUnavailableException failed)
        {
            // A data store that cannot delete keeps nobody's key alive: the others' are destroyed all the same.
            return (0, keyRows.Count, failed.Message);
        }
    }

    private async Task<(int Done, int Left, string? Problem)> FinishAsync(IReadOnlyList<RowKey> keyRows, CancellationToken ct)
    {
        // One at a time: whoever comes second finds the work done.
        await _finishing.WaitAsync(ct);
        try
        {
            return await _finisher.FinishAsync(keyRows, ct);
        }
        finally
        {
            _finishing.Release();
        }
    }
}
