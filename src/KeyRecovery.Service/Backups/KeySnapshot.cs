using KeyRecovery.Service.Keys;
using KeyRecovery.Service.Stores;
using KeyRecovery.Service.Tables;

namespace KeyRecovery.Service.Backups;

/// <summary>
/// Writes the key store, sealed. Rows are read page by page beside all that is going on, key rows first: of what
/// happens meanwhile the snapshot may have a part, and a restore makes it whole (docs/protocol.md §16.2).
/// </summary>
internal static class KeySnapshot
{
    /// <returns>How many rows.</returns>
    /// <exception cref="StoreUnavailableException">The store cannot answer.</exception>
    /// <exception cref="IOException">The copy cannot be written.</exception>
    public static async Task<ulong> WriteAsync(
        IKeyStore keys, TableRegistry tables, ServerSecrets secrets, ReadOnlyMemory<byte> pairId, ulong madeAt,
        SealedWriter to, Action<ulong> told, CancellationToken ct)
    {
        to.Write(new SnapshotRecord.First(pairId, madeAt).Encode());
        foreach (var (place, secret) in secrets.Export())
            WriteSecret(to, new SnapshotRecord.Secret(place, secret));
        var rows = 0UL;
        foreach (var table in tables.InSnapshots)
        {
            await foreach (var row in keys.ScanAsync(table, ct))
            {
                to.Write(new SnapshotRecord.Stored(row).Encode());
                if (++rows % 4096 == 0) told(rows);
            }
        }

        to.Write(new SnapshotRecord.Last(rows).Encode());
        to.Complete();
        return rows;
    }

    private static void WriteSecret(SealedWriter to, SnapshotRecord.Secret secret)
    {
        var record = secret.Encode();
        to.Write(record);
        System.Security.Cryptography.CryptographicOperations.ZeroMemory(record);
    }
}
