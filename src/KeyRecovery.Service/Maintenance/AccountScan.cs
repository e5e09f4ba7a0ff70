using System.Runtime.CompilerServices;
using KeyRecovery.Service.Accounts;
using KeyRecovery.Service.Rows;
using KeyRecovery.Service.Stores;
using KeyRecovery.Service.UseCases;

namespace KeyRecovery.Service.Maintenance;

/// <summary>A key row and the data rows that it leads to, met in a background pass over all accounts.</summary>
internal sealed record ScannedAccount(Row KeyStored, KeyRow KeyRow, AccountRows Rows, Row? AccountRow)
{
    /// <summary>What stands in the account row; null where there is none, or none that opens.</summary>
    public AccountState? TryRead()
    {
        try
        {
            return AccountRow is { } row ? Accounts.AccountRow.Decode(Rows.Open(row)) : null;
        }
        catch (Exception e) when (e is RowDamagedException or AccountErasedException)
        {
            return null;
        }
    }
}

/// <summary>Background passes over all accounts: never on a request's path.</summary>
internal static class AccountScan
{
    /// <summary>Every account that is not erased.</summary>
    /// <param name="context">The stores.</param>
    /// <param name="ct">Ends the pass.</param>
    /// <param name="skipped">
    /// Hears of a key row that does not open, and the pass goes on. Without it the pass ends there: whoever removes
    /// what no account leads to must have seen all accounts.
    /// </param>
    /// <exception cref="RowDamagedException">A key row does not open.</exception>
    public static async IAsyncEnumerable<ScannedAccount> ScanAccountsAsync(
        this ServiceContext context, [EnumeratorCancellation] CancellationToken ct, Action<string>? skipped = null)
    {
        await foreach (var stored in context.Keys.ScanAsync(Table.KeyRows, ct))
        {
            var keyRow = KeyRow.Decode(stored.Value);
            if (keyRow.State == KeyRowState.Erased) continue;
            using var rows = await TryOpenAsync(context, stored, keyRow, skipped, ct);
            if (rows is null) continue;
            yield return new ScannedAccount(stored, keyRow, rows, await context.Data.ReadAsync(rows.Account, ct));
        }
    }

    private static async ValueTask<AccountRows?> TryOpenAsync(
        ServiceContext context, Row stored, KeyRow keyRow, Action<string>? skipped, CancellationToken ct)
    {
        try
        {
            return await context.SubjectKeys.OpenAsync(stored.Key, keyRow, ct);
        }
        catch (AccountErasedException)
        {
            return null;
        }
        catch (RowDamagedException e) when (skipped is not null)
        {
            skipped(e.Message);
            return null;
        }
    }
}
