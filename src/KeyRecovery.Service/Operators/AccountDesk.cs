using System.Collections.Immutable;
using KeyRecovery.Protocol.Audit;
using KeyRecovery.Protocol.Audit.Log;
using KeyRecovery.Service.Accounts;
using KeyRecovery.Service.Erasure;
using KeyRecovery.Service.Errors;
using KeyRecovery.Service.Gate;
using KeyRecovery.Service.Log;
using KeyRecovery.Service.Restraints;
using KeyRecovery.Service.Rows;
using KeyRecovery.Service.Stores;
using KeyRecovery.Service.UseCases;

namespace KeyRecovery.Service.Operators;

/// <summary>
/// What an app's operators are told of its accounts, and decide about them (docs/protocol.md §21). An account of
/// another app is to them as one that is not there.
/// </summary>
public sealed class AccountDesk
{
    /// <summary>The most accounts of a page: 200.</summary>
    public const int MostAccounts = 200;

    private const int Attempts = 8;

    // Point reads that wait for a database across a network wait together.
    private const int LooksAtOnce = 16;

    private readonly ServiceContext _context;
    private readonly ErasureRows _erasures;
    private readonly RestraintRows _rows;
    private readonly Restrainer _restrainer;

    internal AccountDesk(
        ServiceContext context, ErasureRows erasures, RestraintRows rows, Restrainer restrainer) =>
        (_context, _erasures, _rows, _restrainer) = (context, erasures, rows, restrainer);

    /// <summary>The account of a user; <see cref="ErrorCode.NotFound"/> where there is none.</summary>
    /// <exception cref="StoreUnavailableException">A store cannot answer.</exception>
    public async ValueTask<Outcome<AccountReport>> FindAsync(AppUser user, CancellationToken ct)
    {
        if (await _context.Names.FindAsync(user, ct) is not { } lookup) return NotFound;
        using var view = await _context.Door.ReadAsync(_context.Lookups.Open(lookup), ct);
        return await ReportAsync(_context.Lookups.Open(lookup), view, ct);
    }

    /// <summary>How an account of an app stands; <see cref="ErrorCode.NotFound"/> where it is another's.</summary>
    /// <param name="app">The app.</param>
    /// <param name="account">The account.</param>
    /// <param name="ct">Cancels.</param>
    /// <exception cref="StoreUnavailableException">A store cannot answer.</exception>
    public async ValueTask<Outcome<AccountReport>> ReadAsync(string app, AccountId account, CancellationToken ct)
    {
        using var view = await _context.Door.ReadAsync(account, ct);
        return await IsOfAsync(app, view, ct) ? await ReportAsync(account, view, ct) : NotFound;
    }

    /// <summary>
    /// A page of an app's accounts, in an order of the server's own, and how each stands; null where the cursor is none
    /// of this app's, or from before a restore of the key store. It costs what is on it, however many accounts there
    /// are. Fewer than asked for say nothing: a place in the list may be that of an account that was erased since, or
    /// that is just made.
    /// </summary>
    /// <param name="app">The app.</param>
    /// <param name="after">The page's before; null for the first.</param>
    /// <param name="limit">The most accounts, 1 to <see cref="MostAccounts"/>.</param>
    /// <param name="ct">Cancels.</param>
    /// <exception cref="StoreUnavailableException">A store cannot answer.</exception>
    public async ValueTask<AccountPage?> PageAsync(string app, string? after, int limit, CancellationToken ct)
    {
        if (await _context.AppAccounts.PageAsync(app, after, limit, ct) is not var (accounts, next)) return null;
        var told = new List<AccountReport?>(accounts.Length);
        foreach (var some in accounts.Chunk(LooksAtOnce))
            told.AddRange(await Task.WhenAll(some.Select(account => OnPageAsync(app, account, ct))));
        return new AccountPage([.. told.OfType<AccountReport>()], next);
    }

    /// <summary>The legal holds of an account, the oldest first: why, since when, and what became of them.</summary>
    /// <exception cref="StoreUnavailableException">A store cannot answer.</exception>
    public async ValueTask<Outcome<ImmutableArray<LegalHold>>> HoldsAsync(
        string app, AccountId account, CancellationToken ct)
    {
        using var view = await _context.Door.ReadAsync(account, ct);
        if (!await IsOfAsync(app, view, ct)) return new ServiceFailure(ErrorCode.NotFound);
        return (await _rows.ReadAsync(view.KeyRowKey, ct)).Row?.Holds ?? [];
    }

    /// <summary>Suspends an account: it is read, and not changed. Done again, it changes nothing.</summary>
    /// <exception cref="StoreUnavailableException">A store cannot answer.</exception>
    public ValueTask<Outcome<AccountReport>> SuspendAsync(string app, AccountId account, CancellationToken ct) =>
        DecideAsync(app, account, row => row.SuspendedSince != 0
            ? row : row with { SuspendedSince = _context.Now.Wall }, ct);

    /// <summary>Ends a suspension. Done again, it changes nothing.</summary>
    /// <exception cref="StoreUnavailableException">A store cannot answer.</exception>
    public ValueTask<Outcome<AccountReport>> ResumeAsync(string app, AccountId account, CancellationToken ct) =>
        DecideAsync(app, account, row => row with { SuspendedSince = 0 }, ct);

    /// <summary>
    /// Puts an account under a legal hold: it is not erased. The same once more changes nothing; another one beside it,
    /// or one of before by its reference, is <see cref="ErrorCode.Conflict"/>.
    /// </summary>
    /// <param name="app">The app.</param>
    /// <param name="account">The account.</param>
    /// <param name="reason">Why: 1 to 512 bytes of UTF-8.</param>
    /// <param name="reference">The case: 1 to 128 bytes of UTF-8.</param>
    /// <param name="by">The operator's issuer.</param>
    /// <param name="ct">Cancels.</param>
    /// <exception cref="StoreUnavailableException">A store cannot answer.</exception>
    public ValueTask<Outcome<AccountReport>> HoldAsync(
        string app, AccountId account, string reason, string reference, string by, CancellationToken ct) =>
        DecideAsync(
            app, account, row => row switch
            {
                { Hold: { } hold } when hold.Reason == reason && hold.Reference == reference => row,
                { Hold: not null } => Conflict("hold"),
                _ when row.Holds.Any(hold => hold.Reference == reference) => Conflict("reference"),
                _ => row.With(new LegalHold(reason, reference, _context.Now.Wall, by)),
            }, ct);

    /// <summary>
    /// Ends a legal hold, and lets an erasure that waited go on. Done again, it changes nothing; a reference that names
    /// none is <see cref="ErrorCode.NotFound"/>.
    /// </summary>
    /// <param name="app">The app.</param>
    /// <param name="account">The account.</param>
    /// <param name="reference">The hold's.</param>
    /// <param name="by">The operator's issuer.</param>
    /// <param name="ct">Cancels.</param>
    /// <exception cref="StoreUnavailableException">A store cannot answer.</exception>
    public ValueTask<Outcome<AccountReport>> ReleaseAsync(
        string app, AccountId account, string reference, string by, CancellationToken ct) =>
        DecideAsync(
            app, account, row => row switch
            {
                { Hold: { } hold } when hold.Reference == reference => row.Release(_context.Now.Wall, by),
                _ when row.Holds.Any(hold => hold.Reference == reference) => row,
                _ => new ServiceFailure(ErrorCode.NotFound) { Field = "reference" },
            }, ct);

    // Null where no account is there, or none any more. One that does not open holds up no page.
    private async Task<AccountReport?> OnPageAsync(string app, AccountId account, CancellationToken ct)
    {
        try
        {
            using var view = await _context.Door.ReadAsync(account, ct);
            if (view.Standing is AccountStanding.Unknown or AccountStanding.Erased
                || (view.State is { } state && state.User.App != app)) return null;
            return await ReportAsync(account, view, ct) is Outcome<AccountReport>.Done(var report) ? report : null;
        }
        catch (RowDamagedException)
        {
            return new AccountReport(account, ReportedState.Damaged);
        }
    }

    private static ServiceFailure NotFound => new(ErrorCode.NotFound);

    private static ServiceFailure Conflict(string field) => new(ErrorCode.Conflict) { Field = field };

    private async ValueTask<Outcome<AccountReport>> DecideAsync(
        string app, AccountId account, Func<RestraintRow, Outcome<RestraintRow>> decide, CancellationToken ct)
    {
        for (var attempt = 0; attempt < Attempts; attempt++)
        {
            using var view = await _context.Door.ReadAsync(account, ct);
            if (!await IsOfAsync(app, view, ct)) return NotFound;
            if (view.Standing == AccountStanding.Erased)
                return new ServiceFailure(ErrorCode.Erased) {
                    Receipt = await _erasures.ReceiptAsync(view.KeyRowKey, ct),
                };
            var (known, stored) = await _rows.ReadAsync(view.KeyRowKey, ct);
            var row = known ?? new RestraintRow { App = app, Account = account };
            // What was decided before and cut short is told first: each act is a leaf.
            if (row.Told != row.Wanted)
            {
                if (await _restrainer.SettleAsync(view.KeyRowKey, ct) is { } earlier) return earlier;
                continue;
            }

            var decided = decide(row);
            if (decided is Outcome<RestraintRow>.Failed(var failure)) return failure;
            var next = ((Outcome<RestraintRow>.Done)decided).Value;
            if (next != row)
            {
                switch (await _context.Keys.WriteAsync(_rows.Write(view.KeyRowKey, next, stored), ct))
                {
                    case WriteResult.Refused:
                        continue;
                    case WriteResult.Unavailable(_, var reason):
                        return ServiceFailure.Of(reason);
                }
            }

            return await _restrainer.SettleAsync(view.KeyRowKey, ct) is { } unsettled
                ? unsettled : await ReadAsync(app, account, ct);
        }

        return new ServiceFailure(ErrorCode.Unavailable);
    }

    // The account row tells whose it is. Where the data are lost, what was decided before does; of an erased one its
    // erasure.
    private async ValueTask<bool> IsOfAsync(string app, AccountView view, CancellationToken ct)
    {
        if (view.State is { } state) return state.User.App == app;
        if (view.Standing == AccountStanding.Unknown) return false;
        if (view.Standing == AccountStanding.Lost)
            return (await _rows.ReadAsync(view.KeyRowKey, ct)).Row?.App == app;
        if ((await _erasures.ReadAsync(view.KeyRowKey, ct)).Row is { } erasure) return erasure.App == app;
        return await _erasures.LastReceiptAsync(view.KeyRowKey, ct) is { IsEmpty: false } last
            && SignedErasureReceipt.Decode(last).Receipt.App == app;
    }

    private async ValueTask<Outcome<AccountReport>> ReportAsync(
        AccountId account, AccountView view, CancellationToken ct)
    {
        if (view.Standing == AccountStanding.Unknown) return NotFound;
        var erasure = (await _erasures.ReadAsync(view.KeyRowKey, ct)).Row;
        if (view.Standing == AccountStanding.Erased) return new AccountReport(account, ReportedState.Erased);
        var key = view.KeyRow!;
        var restraint = key.Restraints == AccountRestraints.None
            ? null : (await _rows.ReadAsync(view.KeyRowKey, ct)).Row;
        var report = new AccountReport(account, view.Standing switch
        {
            AccountStanding.Lost => ReportedState.VaultLost,
            AccountStanding.RolledBack => ReportedState.RepairRequired,
            _ => ReportedState.Open,
        })
        {
            SuspendedSince = key.IsSuspended ? restraint?.SuspendedSince ?? 0 : null,
            HeldSince = key.IsLegallyHeld ? restraint?.Hold?.Since ?? 0 : null,
            Erasure = erasure is { Phase: ErasurePhase.Held or ErasurePhase.Erasing }
                ? new ErasureStatus(
                    erasure.Phase == ErasurePhase.Held ? ErasureState.Held : ErasureState.Erasing, erasure.RequestedAt,
                    Math.Max(0, (long)erasure.DueAt - (long)_context.Now.Earliest) * 1000, erasure.Round, default)
                {
                    HasLegalHold = key.IsLegallyHeld,
                }
                : null,
            CreatedOn = DayOf(key.Since),
            UsedOn = key.UsedOn == 0 ? null : OfDays(key.UsedOn),
        };
        if (view.State is not { } state) return report;
        var rule = key.WarnedOn == 0 ? null : await _context.Inactivity.ReadAsync(state.User.App, ct);
        var isWarned = rule?.IsWarned(key) == true;
        return report with
        {
            WarnedOn = isWarned ? OfDays(key.WarnedOn) : null,
            ErasableOn = isWarned ? OfDays(rule!.ErasableOn(key)) : null,
            Authorities = state.Authorities.Values.GroupBy(a => a.Kind)
                .ToImmutableSortedDictionary(kind => kind.Key, kind => kind.Count()),
            LiveBytes = state.LiveBytes,
            KeptBytes = state.KeptBytes,
            StagedBytes = state.StagedBytes,
            ChangedOn = ChangedOn(state),
        };
    }

    // Behind many recoveries that were tried it may stand in a chunk, which is not read for it.
    private static DateOnly? ChangedOn(AccountState state) => state.Activity.Numbered().Reverse()
        .Select(entry => AuditDetail.Decode(ActivityEntry.Decode(entry.Entry).Detail))
        .Where(entry => entry.Event is AuditEvent.Created or AuditEvent.Committed or AuditEvent.Repaired
            or AuditEvent.Undone)
        .Select(entry => (DateOnly?)DayOf(entry.Time)).FirstOrDefault();

    private static DateOnly OfDays(ulong days) => DateOnly.FromDateTime(DateTime.UnixEpoch.AddDays(days));

    private static DateOnly DayOf(ulong time) =>
        DateOnly.FromDateTime(DateTimeOffset.FromUnixTimeSeconds((long)time).UtcDateTime);
}
