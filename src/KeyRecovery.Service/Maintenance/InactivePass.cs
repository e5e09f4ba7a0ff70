using KeyRecovery.Service.Accounts;
using KeyRecovery.Service.Erasure;
using KeyRecovery.Service.Feed;
using KeyRecovery.Service.Rows;
using KeyRecovery.Service.Stores;
using KeyRecovery.Service.UseCases;

namespace KeyRecovery.Service.Maintenance;

/// <summary>
/// What a sweep does about accounts that nobody uses (docs/protocol.md §21.6), beside what it reads anyway. First the
/// feed tells, then the key row says so: a warning is told at least once, and none counts that was not. It erases at
/// the end, as an operator's job does, and nobody where that would be too many at once.
/// </summary>
internal sealed class InactivePass
{
    // In one write of an app's row.
    private const int AtOnce = 32;

    private readonly ServiceContext _context;
    private readonly Dictionary<string, InactivityRule> _rules;
    private readonly Dictionary<string, List<Warning>> _warnings = new(StringComparer.Ordinal);
    private readonly List<(RowKey KeyRow, string App, AccountId Account)> _due = [];
    private int _warned;

    private InactivePass(ServiceContext context, Dictionary<string, InactivityRule> rules) =>
        (_context, _rules) = (context, rules);

    /// <summary>Whether no app has set anything: then nothing is looked at.</summary>
    public bool IsEmpty => _rules.Count == 0;

    /// <summary>Begins one.</summary>
    /// <exception cref="StoreUnavailableException">A store cannot do it.</exception>
    public static async ValueTask<InactivePass> BeginAsync(ServiceContext context, CancellationToken ct)
    {
        var rules = new Dictionary<string, InactivityRule>(StringComparer.Ordinal);
        foreach (var app in context.Policies.Apps)
            if (await context.Inactivity.WatchAsync(app, ct) is { } rule) rules[app] = rule;
        return new InactivePass(context, rules);
    }

    /// <summary>Looks at an account.</summary>
    /// <exception cref="RowDamagedException">A row of it is damaged: nothing is done with it.</exception>
    /// <exception cref="StoreUnavailableException">A store cannot do it.</exception>
    public async ValueTask LookAsync(ScannedAccount scanned, AccountState state, CancellationToken ct)
    {
        var (app, stored, row) = (state.User.App, scanned.KeyStored, scanned.KeyRow);
        if (!_rules.TryGetValue(app, out var rule)) return;
        var today = _context.Now.LatestDay;
        switch (rule.StepOf(row))
        {
            case InactivityStep.Begin:
                await WriteAsync(stored, row.Used(today), ct);
                break;
            case InactivityStep.Forget:
                await WriteAsync(stored, row with { WarnedOn = 0, ErasableOn = 0 }, ct);
                break;
            case InactivityStep.Warn:
                if (!_warnings.TryGetValue(app, out var some)) _warnings[app] = some = [];
                var end = rule.EndOf(today);
                some.Add(new Warning(stored, row, end, new FeedEntry(
                    _context.Now.Wall, FeedEntry.NoLeaf, AppEventSeal.Seal(
                        stored.Key, state.Account, new AppEventPart(AppEventKind.Inactive, null, null) { Day = end },
                        null, scanned.Rows.SealEvent))));
                if (some.Count >= AtOnce) await WarnAsync(app, some, ct);
                break;
            // What a device must repair first goes by nobody's absence.
            case InactivityStep.Erase when !await _context.Openings.IsBehindAsync(scanned.Rows, row, state, ct):
                _due.Add((stored.Key, app, state.Account));
                break;
        }
    }

    /// <summary>Warns of the last, and erases.</summary>
    /// <param name="erasures">Erases.</param>
    /// <param name="live">How many accounts there are.</param>
    /// <param name="brake">Whether to stop before too many are erased.</param>
    /// <param name="ct">Stops between accounts.</param>
    /// <returns>How many were warned, how many erased, and how many more the brake left.</returns>
    /// <exception cref="StoreUnavailableException">A store cannot do it.</exception>
    public async ValueTask<(int Warned, int Erased, int Left)> EndAsync(
        Erasures erasures, int live, bool brake, CancellationToken ct)
    {
        foreach (var (app, some) in _warnings) await WarnAsync(app, some, ct);
        if (brake && OrphanAccounts.IsTooMany(_due.Count, live)) return (_warned, 0, _due.Count);
        var erased = 0;
        foreach (var (keyRow, app, account) in _due)
        {
            try
            {
                if (await erasures.EraseInactiveAsync(keyRow, app, account, ct)) erased++;
            }
            catch (RowDamagedException)
            {
                // The check tells of it, and nobody else's waits for it.
            }
        }

        return (_warned, erased, 0);
    }

    private async ValueTask WarnAsync(string app, List<Warning> some, CancellationToken ct)
    {
        if (some.Count == 0) return;
        await _context.Feeds.AddAsync(app, [.. some.Select(warning => warning.Told)], ct);
        // The day on which the feed has it, which may be another one by now.
        var today = _context.Now.LatestDay;
        foreach (var (stored, row, end, _) in some)
            if (await WriteAsync(stored, row with { WarnedOn = today, ErasableOn = end }, ct)) _warned++;
        some.Clear();
    }

    // Refused where somebody has written since it was read, who may have used it: the next sweep looks again.
    private async ValueTask<bool> WriteAsync(Row stored, KeyRow next, CancellationToken ct) =>
        await _context.Keys.WriteAsync([new RowWrite.Replace(stored, next.Encode())], ct) switch
        {
            WriteResult.Unavailable(_, var reason) =>
                throw new StoreUnavailableException(reason, "what a sweep knows of an account's use cannot be kept"),
            var result => result is WriteResult.Written,
        };

    private sealed record Warning(Row Stored, KeyRow Row, ulong End, FeedEntry Told);
}
