using KeyRecovery.Protocol.Vault;
using KeyRecovery.Service.Accounts;
using KeyRecovery.Service.Gate;
using KeyRecovery.Service.Rows;
using KeyRecovery.Service.Stores;
using KeyRecovery.Service.UseCases;

namespace KeyRecovery.Service.Maintenance;

/// <summary>
/// Sweeps one account that lives. What goes was read before the reasons to keep it were looked for, and the account row
/// is written first: so nothing that is under way can come to name it, and what was written anew meanwhile stays.
/// </summary>
/// <param name="context">The stores.</param>
/// <param name="rows">The account's rows.</param>
/// <param name="before">How old a leftover must be, in seconds since 1970, to the hour.</param>
internal sealed class AccountSweep(ServiceContext context, AccountRows rows, ulong before)
{
    /// <returns>How many staged items, older versions and other rows went.</returns>
    /// <exception cref="RowDamagedException">A row that is named is not there, or does not open.</exception>
    public async ValueTask<(int Staged, int Versions, int Leftovers)> RunAsync(CancellationToken ct)
    {
        // All rows that there are, as they are now: what is written from here on has another token.
        var found = new List<Row>();
        foreach (var table in context.Tables.OwnedByAccounts)
            await foreach (var row in context.Data.ListOwnerAsync(table, rows.Locator, ct)) found.Add(row);
        await DoomedRows.FinishAsync(context.Data, rows, ct);
        if (await ReadAsync(ct) is not var (stored, state)) return default;
        var staged = await UnstageAsync(stored, state, ct);
        if (await ReadAsync(ct) is not var (restored, now)) return default;
        await context.AppAccounts.MendAsync(now.User.App, now.Account, ct);
        var trim = new HistoryTrim(context, rows, []);
        var versions = await trim.MakeRoomAsync(restored, now, Limits.KeptBytes, ct) ?? 0;
        return (staged, versions, await RemoveUnnamedAsync(found, ct));
    }

    private async ValueTask<(Row Stored, AccountState State)?> ReadAsync(CancellationToken ct) =>
        await context.Data.ReadAsync(rows.Account, ct) is { } row && !AccountFence.Is(row)
            ? (row, AccountRow.Decode(rows.Open(row)))
            : null;

    // Staged items that no commit came to name, and points whose time is over. What they named goes with the other rows
    // that nothing names.
    private async ValueTask<int> UnstageAsync(Row stored, AccountState state, CancellationToken ct)
    {
        var next = state with
        {
            Staged = state.Staged.RemoveAll(s => s.At <= before),
            Points = state.Points.RemoveAll(p => p.HasEnded(context.Now)),
        };
        if (next.Staged.Length == state.Staged.Length && next.Points.Length == state.Points.Length) return 0;
        var isWritten = await context.Data.WriteAsync([rows.Write(rows.Account, stored, next.Encode())], ct)
            is WriteResult.Written;
        return isWritten ? state.Staged.Length - next.Staged.Length : 0;
    }

    private async ValueTask<int> RemoveUnnamedAsync(List<Row> found, CancellationToken ct)
    {
        if (await ReadAsync(ct) is not var (stored, state)) return 0;
        var named = await AccountNames.ReadAsync(context.Data, rows, state, context.Now, ct);
        var unnamed = found.Where(row => !named.Rows.Contains(row.Key) && IsOld(row)).ToList();
        if (unnamed.Count == 0) return 0;
        // As it was read before the names were: a commit that came in between is refused here, and one behind it there.
        if (await context.Data.WriteAsync(
            [rows.Write(rows.Account, stored, state.Encode())], ct) is not WriteResult.Written) return 0;
        var removed = 0;
        foreach (var row in unnamed)
            if (await context.Data.WriteAsync([new RowWrite.Delete(row)], ct) is WriteResult.Written) removed++;
        return removed;
    }

    // Rows tell the hour of their writing and no more: what was written in the hour of the limit counts as old. A
    // staged item's bytes are as old as its entry was. A seal of somebody who was removed meanwhile does not wait.
    private bool IsOld(Row row) => (ulong)row.WrittenHour * 3600 <= before || row.Key.Table == Table.Seals;
}
