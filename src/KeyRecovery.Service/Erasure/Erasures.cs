using KeyRecovery.Protocol.Audit;
using KeyRecovery.Protocol.Primitives;
using KeyRecovery.Service.Backups;
using KeyRecovery.Service.Clocks;
using KeyRecovery.Service.Errors;
using KeyRecovery.Service.Gate;
using KeyRecovery.Service.Keys;
using KeyRecovery.Service.Log;
using KeyRecovery.Service.Restraints;
using KeyRecovery.Service.Stores;
using KeyRecovery.Service.UseCases;

namespace KeyRecovery.Service.Erasure;

/// <summary>
/// Erasure (docs/protocol.md §15). Its steps, each planned from fresh reads and then written in the order that
/// docs/storage.md tells, so that it may be cut anywhere and taken up again:
/// <list type="number">
/// <item>somebody asks: <see cref="ErasureHolds"/> for devices, <see cref="ErasureJobs"/> for operators,
/// <see cref="TombstoneReplay"/> for whoever restored a store;</item>
/// <item>the key goes: <see cref="DestructionPlanner"/> reads, <see cref="Eraser"/> writes; the point of no
/// return;</item>
/// <item>the rows go: <see cref="RowRemoval"/>, as part of <see cref="ErasureFinisher"/>;</item>
/// <item>what was seen is signed: <see cref="FirstReceipt"/>, and when KEK and backups are gone,
/// <see cref="LastReceipt"/>.</item>
/// </list>
/// <see cref="ErasurePass"/> takes on whatever was begun. Each uses those below it, down to <see cref="ErasureRows"/>,
/// and none above.
/// </summary>
public sealed class Erasures : IDisposable
{
    /// <summary>So many are finished with one checkpoint.</summary>
    internal const int Group = 64;

    private readonly ServiceContext _context;
    private readonly ErasureRows _rows;
    private readonly ServerClock _clock;
    private readonly SigningKey _auditKey;
    private readonly ErasureHolds _holds;
    private readonly Eraser _eraser;
    private readonly ErasureFinisher _finisher;
    private readonly ErasurePass _pass;
    private readonly TombstoneReplay _replay;

    internal Erasures(
        ServiceContext context, ErasureRows rows, RestraintRows restraints, IKekRing ring, ServerSecrets secrets,
        IBackupSets backups, ITombstones tombstones, ILogFiles? log)
    {
        (_context, _rows) = (context, rows);
        _auditKey = secrets.AuditKey();
        _clock = context.Clock;
        var leaves = new ErasureLeaves(context);
        _holds = new ErasureHolds(context, rows, leaves);
        _eraser = new Eraser(context, new DestructionPlanner(context, rows, leaves, ring));
        var removal = new RowRemoval(context);
        var first = new FirstReceipt(context, rows, removal, ring, _auditKey, leaves, restraints);
        var prover = new ReceiptProver(new LogIndex(context.Data), log);
        var last = new LastReceipt(
            context.Keys, rows, ring, backups, _auditKey, _clock, leaves, prover);
        _finisher = new ErasureFinisher(context, rows, removal, first, tombstones, secrets.FenceKey);
        var jobs = new ErasureJobRows(context.Keys, rows, secrets.LookupKey);
        Jobs = new ErasureJobs(context, jobs);
        var run = new ErasureJobRun(context, jobs, _eraser);
        _pass = new ErasurePass(context, rows, _holds, _eraser, _finisher, last, run);
        _replay = new TombstoneReplay(context, rows, _eraser, tombstones, secrets.FenceKey);
        Sweep = new ErasureSweep(context, rows);
    }

    /// <summary>Operators' jobs.</summary>
    public ErasureJobs Jobs { get; }

    /// <summary>
    /// Why nothing that waits for a time is done: the server's clock was moved; null while it is believed.
    /// </summary>
    public string? ClockProblem => _clock.Problem;

    /// <summary>What verifies this server's receipts.</summary>
    public VerifyKey AuditKey => _auditKey.PublicKey;

    /// <summary>Removes what erasures leave.</summary>
    internal ErasureSweep Sweep { get; }

    /// <summary>Takes a device's request: held, or with a hold of nothing done at once.</summary>
    /// <param name="account">Whose; a device asks.</param>
    /// <param name="round">As the status told it: another one is a request of before, and a conflict.</param>
    /// <param name="ct">Cancels.</param>
    public async ValueTask<Outcome<ErasureStatus>> RequestAsync(
        OpenAccount account, ulong round, CancellationToken ct)
    {
        var requested = await _holds.RequestAsync(account, round, mustWait: false, ct);
        if (requested is Outcome<ErasureRow>.Failed(var failure)) return failure;
        var row = ((Outcome<ErasureRow>.Done)requested).Value;
        if (row.Phase != ErasurePhase.Erasing && !(row.Phase == ErasurePhase.Held && _holds.IsDue(row) == true))
            return _holds.Status(row, account.IsLegallyHeld);
        try
        {
            switch (await _eraser.DestroyAsync(account.KeyRowKey, row, ct))
            {
                case DestroyOutcome.AskerGone:
                    // Removed between the gate and here: nothing was done, and nothing will be.
                    return new ServiceFailure(ErrorCode.Revoked);
                case DestroyOutcome.Cancelled:
                    return await _holds.StatusAsync(account, ct);
                case DestroyOutcome.Held when row.Phase == ErasurePhase.Erasing:
                    // A hold that came between the gate and here: what is not done now is remembered.
                    return await _holds.RequestAsync(account, round, mustWait: true, ct) switch
                    {
                        Outcome<ErasureRow>.Failed(var unheld) => unheld,
                        Outcome<ErasureRow>.Done(var waits) => _holds.Status(waits, isLegallyHeld: true),
                        _ => throw new InvalidOperationException(),
                    };
                case DestroyOutcome.Held:
                    return _holds.Status(row, isLegallyHeld: true);
            }
        }
        catch (ErasureBlockedException)
        {
            // The data went back between the gate and here.
            return new ServiceFailure(ErrorCode.RepairRequired);
        }

        await _finisher.FinishAsync([account.KeyRowKey], ct);
        return _holds.Status((await _rows.ReadAsync(account.KeyRowKey, ct)).Row ?? row);
    }

    /// <summary>
    /// Destroys the key of an account that nobody uses, where that is still so by the rule of its app; the next <see
    /// cref="ResumeAsync"/> finishes it.
    /// </summary>
    /// <returns>Whether it is destroyed.</returns>
    /// <exception cref="StoreUnavailableException">A store cannot do it: the next pass looks again.</exception>
    internal async ValueTask<bool> EraseInactiveAsync(
        RowKey keyRow, string app, AccountId account, CancellationToken ct)
    {
        var known = (await _rows.ReadAsync(keyRow, ct)).Row;
        var request = new ErasureRow
        {
            Phase = ErasurePhase.Erasing,
            Id = ErasureId.Draw(_context.Random),
            App = app,
            RequestedBy = ErasureRequester.Operator,
            RequestedAt = _context.Now.Latest,
            Round = known is null ? 0 : known.Round + 1,
            Account = account,
            IsForInactivity = true,
        };
        return await _eraser.DestroyAsync(keyRow, request, ct) == DestroyOutcome.Destroyed;
    }

    /// <summary>How the account's erasure stands.</summary>
    public ValueTask<ErasureStatus> StatusAsync(OpenAccount account, CancellationToken ct) =>
        _holds.StatusAsync(account, ct);

    /// <summary>
    /// How long a held erasure still waits, zero where it is due; null where none is held. One point read of the key
    /// store.
    /// </summary>
    public ValueTask<TimeSpan?> DueInAsync(OpenAccount account, CancellationToken ct) => _holds.DueInAsync(account, ct);

    /// <summary>Cancels a held erasure.</summary>
    /// <param name="keyId">Who signs.</param>
    /// <param name="round">As the status told it; null for whichever there is, from a signer who was removed and
    /// cannot ask.</param>
    /// <param name="verify">Whether the request's signature verifies under a key.</param>
    /// <param name="network">From which network it comes; empty where nobody knows.</param>
    /// <param name="pass">The gate, for signers who were not there at the time.</param>
    /// <param name="ct">Cancels.</param>
    public async ValueTask<Outcome<bool>> CancelAsync(
        KeyId keyId, ulong? round, Func<VerifyKey, bool> verify, string network,
        Func<CancellationToken, ValueTask<GateResult>> pass, CancellationToken ct)
    {
        var cancelled = await _holds.TryCancelAsync(keyId, round, verify, network, ct);
        if (cancelled is not Outcome<bool>.Done { Value: false }) return cancelled;
        switch (await pass(ct))
        {
            case GateResult.Open(var account):
                using (account) return await _holds.UncancelledAsync(account, ct);
            case GateResult.Shut(var failure):
                return failure;
            default:
                throw new InvalidOperationException();
        }
    }

    /// <summary>
    /// What leaves of the log about erasures of an app are about (docs/protocol.md §23), for whoever has read them
    /// there. Of others nothing is told.
    /// </summary>
    /// <param name="app">The app.</param>
    /// <param name="leaves">Their hashes.</param>
    /// <param name="ct">Cancels.</param>
    /// <exception cref="StoreUnavailableException">The key store cannot answer.</exception>
    public async ValueTask<IReadOnlyList<(Hash256 Leaf, ErasureRecord Record)>> ReadRecordsAsync(
        string app, IEnumerable<Hash256> leaves, CancellationToken ct)
    {
        var records = new List<(Hash256, ErasureRecord)>();
        foreach (var leaf in leaves)
            if (await _rows.FindRecordAsync(leaf, ct) is { } record && record.App == app) records.Add((leaf, record));
        return records;
    }

    /// <summary>
    /// Destroys again the keys that an older key store has brought back, by the list of tombstones, and completes the
    /// list. To be done before anybody is served; <see cref="ResumeAsync"/> then finishes them.
    /// </summary>
    /// <returns>How many had come back.</returns>
    /// <exception cref="StoreUnavailableException">A store, or the list, cannot answer.</exception>
    public ValueTask<int> ReplayAsync(CancellationToken ct) => _replay.RunAsync(ct);

    /// <summary>
    /// Makes the holds of a key store that was restored begin anew: who has cancelled since would be erased before
    /// anybody could cancel again.
    /// </summary>
    /// <returns>How many are held.</returns>
    /// <exception cref="StoreUnavailableException">The key store cannot answer.</exception>
    public ValueTask<int> BeginHoldsAnewAsync(CancellationToken ct) => _holds.BeginAnewAsync(ct);

    /// <summary>
    /// Takes everything a step on: holds that are due, what a crash cut short, receipts that waited for a KEK, jobs.
    /// While the clock is moved, only what waits for no time.
    /// </summary>
    /// <exception cref="StoreUnavailableException">A store cannot do its part: what was begun stays
    /// pending.</exception>
    public Task<ErasureReport> ResumeAsync(CancellationToken ct) => _pass.RunAsync(ct);

    /// <inheritdoc/>
    public void Dispose()
    {
        _finisher.Dispose();
        _auditKey.Dispose();
        _rows.Dispose();
    }
}
