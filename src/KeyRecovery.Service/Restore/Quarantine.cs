using KeyRecovery.Service.Accounts;
using KeyRecovery.Service.Erasure;
using KeyRecovery.Service.Maintenance;
using KeyRecovery.Service.Rotation;
using KeyRecovery.Service.Stores;
using KeyRecovery.Service.UseCases;

namespace KeyRecovery.Service.Restore;

/// <summary>
/// What stands between a restored store and the first request: what was erased is erased again, and what no key opens
/// goes. Every step may be done again.
/// </summary>
public sealed class Quarantine
{
    // A set is begun a while after the copy's first page was read, and clocks differ.
    private const ulong Margin = 24 * 60 * 60;

    private readonly ServiceContext _context;
    private readonly Erasures _erasures;
    private readonly OrphanAccounts _orphans;
    private readonly KekRotation _rotation;
    private readonly RestoreMarks _marks;

    internal Quarantine(ServiceContext context, Erasures erasures, OrphanAccounts orphans, KekRotation rotation) =>
        (_context, _erasures, _orphans, _rotation, _marks) =
            (context, erasures, orphans, rotation, new RestoreMarks(context));

    /// <summary>Joins the two stores.</summary>
    /// <param name="madeAt">When the set was made, in seconds since 1970.</param>
    /// <param name="newData">Whether the data store is a restored one.</param>
    /// <param name="newKeys">Whether the key store is the restored one: then all keys move to a new KEK, as copies of
    /// the old one exist.</param>
    /// <param name="brake">Whether to stop before the data of many accounts are removed that nobody has erased.</param>
    /// <param name="ct">Cancels between two steps.</param>
    /// <exception cref="StoreUnavailableException">A store cannot answer.</exception>
    public async Task<JoinReport> JoinAsync(
        ulong madeAt, bool newData, bool newKeys, bool brake, CancellationToken ct)
    {
        // Before anything else: what is looked at from here on is from before it.
        await _marks.WriteAsync(newData, newKeys, ct);
        var again = await _erasures.ReplayAsync(ct);
        var held = newKeys ? await _erasures.BeginHoldsAnewAsync(ct) : 0;
        var report = await _erasures.ResumeAsync(ct);
        if (report.Pending > 0) return Unfinished(report.Problem ?? "an erasure is not proved");

        await _marks.RaiseAsync(newData, newKeys, ct);
        var (join, live) = await CountAsync(madeAt, ct);
        var (orphans, stopped) = await _orphans.RemoveAsync(live, ulong.MaxValue, brake ? join.Expected : null, ct);
        join = join with { ErasedAgain = again, Orphans = orphans, Stopped = stopped, HoldsBegunAnew = held };
        if (!await _context.Data.ForgetAsync(ct))
            return Unfinished("the data store's journals are not empty: somebody reads its file");
        // Last: it destroys what the replaced key store hangs on, and until the brake has let go that may have been the
        // right one.
        if (!stopped && newKeys && await _rotation.RunAsync(begin: true, null, ct) is not RotationOutcome.Done)
            return Unfinished(
                "the keys could not be moved to a new KEK: the ring cannot be written, or rows do not unwrap");
        return join;
    }

    private async Task<(JoinReport Report, HashSet<UInt128> Live)> CountAsync(ulong madeAt, CancellationToken ct)
    {
        var (whole, lost, behind, damaged, erased) = (0, 0, 0, 0, 0);
        var live = new HashSet<UInt128>();
        await foreach (var account in _context.ScanAccountsAsync(ct, _ => damaged++))
        {
            live.Add(OrphanAccounts.Locator(account.Rows.Locator.Span));
            if (account.AccountRow is null) lost += account.KeyRow.State == KeyRowState.Live ? 1 : 0;
            else if (account.TryRead() is not { } state) damaged++;
            else if (await _context.Openings.IsBehindAsync(account.Rows, account.KeyRow, state, ct)) behind++;
            else whole++;
        }

        await foreach (var stored in _context.Keys.ScanAsync(Table.KeyRows, ct))
            if (KeyRow.Decode(stored.Value) is { State: KeyRowState.Erased } key
                && key.Since + Margin >= madeAt) erased++;
        return (new JoinReport(whole, lost, behind, damaged, 0, 0, erased, false, null), live);
    }

    private static JoinReport Unfinished(string problem) => new(0, 0, 0, 0, 0, 0, 0, false, problem);
}
