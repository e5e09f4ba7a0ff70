using System.Runtime.CompilerServices;
using KeyRecovery.Service.Accounts;
using KeyRecovery.Service.Rows;
using KeyRecovery.Service.Stores;
using KeyRecovery.Service.UseCases;

namespace KeyRecovery.Service.Maintenance;

/// <summary>A key row and the data rows that it leads to, met in a background pass over all accounts.</summary>
internal sealed record ScannedAccount(Row KeyStored, KeyRow KeyRow, AccountRows Rows, Row? AccountRow);

/// <summary>Background passes over all accounts: never on a request's path.</summary>
internal static class AccountScan
{
    public static async IAsyncEnumerable<ScannedAccount> ScanAccountsAsync(
        this ServiceContext context, [EnumeratorCancellation] CancellationToken ct)
    {
        await foreach (var stored in context.Keys.ScanAsync(Table.KeyRows, ReadOnlyMemory<byte>.Empty, ct))
        {
            var keyRow = KeyRow.Decode(stored.Value);
            if (keyRow.State == KeyRowState.Erased) continue;
            using var subjectKey = context.SubjectKeys.Unwrap(stored.Key, keyRow);
            using var rows = new AccountRows(subjectKey.Span, context.Random);
            yield return new ScannedAccount(stored, keyRow, rows, await context.Data.ReadAsync(rows.Account, ct));
        }
    }
}
