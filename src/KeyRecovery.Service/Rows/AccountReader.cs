using KeyRecovery.Service.Stores;

namespace KeyRecovery.Service.Rows;

/// <summary>Reads and opens the rows of one account.</summary>
internal static class AccountReader
{
    public static async ValueTask<byte[]?> FindAsync(
        this IDataStore data, AccountRows rows, RowKey key, CancellationToken ct) =>
        await data.ReadAsync(key, ct) is { } row ? rows.Open(row) : null;

    /// <summary>Opens a row that must be there.</summary>
    /// <exception cref="RowDamagedException">It is not there, or does not open.</exception>
    public static async ValueTask<byte[]> GetAsync(
        this IDataStore data, AccountRows rows, RowKey key, CancellationToken ct) =>
        await data.FindAsync(rows, key, ct) ?? throw new RowDamagedException(key.Table);
}
