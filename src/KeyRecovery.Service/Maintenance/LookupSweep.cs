using KeyRecovery.Service.Accounts;
using KeyRecovery.Service.Gate;
using KeyRecovery.Service.Rows;
using KeyRecovery.Service.Stores;
using KeyRecovery.Service.UseCases;

namespace KeyRecovery.Service.Maintenance;

/// <summary>
/// Removes lookups that lead nowhere: what a creation that died has claimed, or a commit that did not come to pass. A
/// lookup is read, then what it leads to, and deleted as it was read: who claims it again writes it again.
/// </summary>
/// <param name="context">The stores.</param>
/// <param name="before">How old one must be, in seconds since 1970, to the hour.</param>
internal sealed class LookupSweep(ServiceContext context, ulong before)
{
    /// <returns>How many went.</returns>
    public async ValueTask<int> RunAsync(CancellationToken ct)
    {
        var removed = 0;
        foreach (var table in context.Tables.Lookups)
        {
            await foreach (var lookup in context.Keys.ScanAsync(table, ct))
            {
                if ((ulong)lookup.WrittenHour * 3600 > before || !await LeadsNowhereAsync(lookup, ct)) continue;
                if (await context.Keys.WriteAsync([new RowWrite.Delete(lookup)], ct) is WriteResult.Written) removed++;
            }
        }

        return removed;
    }

    private async ValueTask<bool> LeadsNowhereAsync(Row lookup, CancellationToken ct)
    {
        try
        {
            using var view = await context.Door.ReadAsync(context.Lookups.Open(lookup), ct);
            if (view.KeyStored is null || view.Standing == AccountStanding.Erased) return true;
            // A slot that came since a backup is in no chain before a repair.
            if (view is not { Standing: AccountStanding.Open, State.Restored: null }) return false;
            if (lookup.Key.Table == Table.Subjects) return await IsLeftAsync(lookup, view.State!, ct);
            if (lookup.Key.Table != Table.Slots) return false;
            var isActive = view.State!.Authorities.Values.Any(a => a.IsSlot
                && context.Lookups.Ids.Slot(a.Id) == lookup.Key);
            return !isActive && await TouchAsync(view, ct);
        }
        catch (RowDamagedException)
        {
            // The check tells of it; whoever repairs it may need the lookup.
            return false;
        }
    }

    // By a move that was cut short: beside the one that the account row names, and as old as all that is swept.
    private async ValueTask<bool> IsLeftAsync(Row lookup, AccountState state, CancellationToken ct) =>
        state.User.Issuer != AppUser.Unknown && context.Lookups.Ids.Subject(state.User) is var own && own != lookup.Key
            && await context.Keys.ReadAsync(own, ct) is { } row && context.Lookups.Open(row) == state.Account;

    // A commit under way that has claimed the slot before it was read here is refused by this, and claims it anew.
    private async ValueTask<bool> TouchAsync(AccountView view, CancellationToken ct) =>
        await context.Data.WriteAsync([view.Rows.Write(view.Rows.Account, view.Stored, view.State!.Encode())], ct)
            is WriteResult.Written;
}
