using KeyRecovery.Service.Accounts;
using KeyRecovery.Service.Erasure;
using KeyRecovery.Service.Realms;
using KeyRecovery.Service.Rows;
using KeyRecovery.Service.Stores;
using KeyRecovery.Service.Telemetry;
using KeyRecovery.Service.UseCases;

namespace KeyRecovery.Service.Maintenance;

/// <summary>
/// Removes what crashes and abandoned uploads left, once it is older than the given age. Every removal is conditional
/// on what the sweep saw, so that what came alive in between stays.
/// </summary>
public sealed class Sweeper
{
    private readonly ServiceContext _context;
    private readonly Erasures _erasures;
    private readonly OrphanAccounts _orphans;

    private readonly RealmAccounts _realm;

    internal Sweeper(
        ServiceContext context, Erasures erasures, OrphanAccounts orphans, RealmAccounts realm) =>
        (_context, _erasures, _orphans, _realm) = (context, erasures, orphans, realm);

    /// <summary>Sweeps once.</summary>
    /// <param name="olderThan">How old an orphan must be. Default of the host: 24 h.</param>
    /// <param name="ct">Stops between accounts.</param>
    public Task<SweepReport> SweepAsync(TimeSpan olderThan, CancellationToken ct) =>
        SweepAsync(olderThan, brake: true, ct);

    /// <summary>Sweeps once.</summary>
    /// <param name="olderThan">How old an orphan must be.</param>
    /// <param name="brake">Whether to stop before the data of more than 0.1 % of accounts are removed, and more than
    /// 10.</param>
    /// <param name="ct">Stops between accounts.</param>
    /// <param name="inactiveBrake">Whether to stop before as many are erased because nobody uses them.</param>
    public async Task<SweepReport> SweepAsync(
        TimeSpan olderThan, bool brake, CancellationToken ct, bool inactiveBrake = true)
    {
        var before = _context.Now.Earliest - (ulong)olderThan.TotalSeconds;
        var (pending, staged, versions, leftovers) = (0, 0, 0, 0);
        var live = new HashSet<UInt128>();
        var count = await _context.Usage.BeginAsync(ct);
        var inactive = await InactivePass.BeginAsync(_context, ct);
        await foreach (var account in _context.ScanAccountsAsync(ct))
        {
            // What a creation that died has stored is nobody's from here on.
            if (account.AccountRow is null && await RemovePendingAsync(account, before, ct))
            {
                pending++;
                continue;
            }

            live.Add(OrphanAccounts.Locator(account.Rows.Locator.Span));
            if (account.AccountRow is null) continue;
            var state = count.IsEmpty && inactive.IsEmpty ? null : account.TryRead();
            if (state is not null) count.Add(state);
            try
            {
                if (state is not null) await inactive.LookAsync(account, state, ct);
                var swept = await new AccountSweep(_context, account.Rows, before).RunAsync(ct);
                staged += swept.Staged;
                versions += swept.Versions;
                leftovers += swept.Leftovers;
            }
            catch (RowDamagedException)
            {
                // The check tells of it. Nothing of this account goes, and nobody else's leftovers wait for it.
            }
        }

        await _context.Usage.EndAsync(count, ct);
        var lookups = await new LookupSweep(_context, before).RunAsync(ct);
        await _erasures.Sweep.RunAsync(before, ct);
        await _realm.SweepAsync(ct);
        var (orphans, stopped) = await _orphans.RemoveAsync(live, before, brake ? 0 : null, ct);
        if (stopped) orphans = 0;
        var ended = await inactive.EndAsync(_erasures, live.Count, inactiveBrake, ct);
        var report = new SweepReport(pending, lookups, orphans, staged, versions, leftovers, stopped)
        {
            Warned = ended.Warned, Inactive = ended.Erased, InactiveLeft = ended.Left,
        };
        Tell(report);
        return report;
    }

    // Only a pending row goes: a live one without data is a lost vault, which a client repairs.
    private async ValueTask<bool> RemovePendingAsync(ScannedAccount account, ulong before, CancellationToken ct)
    {
        if (account.KeyRow.State != KeyRowState.Pending || account.KeyRow.Since > before) return false;
        var delete = new RowWrite.Delete(account.KeyStored);
        return await _context.Keys.WriteAsync([delete], ct) is WriteResult.Written;
    }

    private static void Tell(SweepReport report)
    {
        ServiceMeter.Sweep("lookup", report.Lookups);
        ServiceMeter.Sweep("pending", report.PendingAccounts);
        ServiceMeter.Sweep("staged", report.StagedItems);
        ServiceMeter.Sweep("version", report.OldVersions);
        ServiceMeter.Sweep("leftover", report.Leftovers);
        ServiceMeter.Sweep("account", report.OrphanAccounts);
        ServiceMeter.Sweep("inactive", report.Inactive);
    }
}
