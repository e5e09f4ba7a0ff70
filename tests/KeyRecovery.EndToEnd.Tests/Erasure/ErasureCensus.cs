namespace KeyRecovery.EndToEnd.Tests.Erasure;

/// <summary>
/// What a killed server left, read from a copy of its files: at which steps erasures were when it died.
/// </summary>
/// <param name="Unlisted">Keys that are destroyed and not in the list beside the stores.</param>
/// <param name="WithRows">Keys that are destroyed, with rows left in the data store.</param>
/// <param name="WithLookups">Keys that are destroyed, without a receipt: lookups go with it.</param>
internal sealed record ErasureCensus(int Unlisted, int WithRows, int WithLookups)
{
    public static ErasureCensus Of(string data)
    {
        using var stores = new DeadStores(data);
        var (keys, rows) = (stores.Keys, stores.Data);
        // A tombstone has zeros for a wrapped key.
        const string Live = "FROM key_rows JOIN key_rows_keys ON slot = key_rows.rowid "
            + "WHERE substr(cell, 2) <> zeroblob(72)";
        var all = DeadStores.Count(keys, "SELECT count(*) FROM key_rows");
        var live = DeadStores.Count(keys, $"SELECT count(*) {Live}");
        var list = Path.Combine(data, "fence", "tombstones");
        var listed = File.Exists(list)
            ? File.ReadAllLines(list).Where(line => line.Length == 64).Distinct().Count() : 0;
        return new ErasureCensus(
            all - live - listed,
            DeadStores.Count(rows,
                "SELECT count(DISTINCT substr(id, 1, 16)) FROM (SELECT id FROM links UNION ALL SELECT id FROM keysets "
                + "UNION ALL SELECT id FROM manifests UNION ALL SELECT id FROM items)") - live,
            DeadStores.Count(keys, "SELECT count(*) FROM subjects") - live);
    }
}
