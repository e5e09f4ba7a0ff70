using KeyRecovery.Testing.Hosting;
using Microsoft.Data.Sqlite;

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
        using var copy = new TempFolder();
        foreach (var (folder, name) in new[] {
            ("stores", "data.db"), ("stores", "data.db-wal"), ("keys", "keys.db"), ("keys", "keys.db-journal"),
        })
            if (File.Exists(Path.Combine(data, folder, name))) File.Copy(Path.Combine(data, folder, name), copy[name]);
        using var keys = Open(copy["keys.db"]);
        using var rows = Open(copy["data.db"]);
        // A tombstone has zeros for a wrapped key.
        const string Live = "FROM key_rows JOIN key_rows_keys ON slot = key_rows.rowid "
            + "WHERE substr(cell, 2) <> zeroblob(72)";
        var (all, live) = (Count(keys, "SELECT count(*) FROM key_rows"), Count(keys, $"SELECT count(*) {Live}"));
        var list = Path.Combine(data, "fence", "tombstones");
        var listed = File.Exists(list)
            ? File.ReadAllLines(list).Where(line => line.Length == 64).Distinct().Count() : 0;
        return new ErasureCensus(
            all - live - listed,
            Count(rows,
                "SELECT count(DISTINCT substr(id, 1, 16)) FROM (SELECT id FROM links UNION ALL SELECT id FROM keysets "
                + "UNION ALL SELECT id FROM manifests UNION ALL SELECT id FROM items)") - live,
            Count(keys, "SELECT count(*) FROM subjects") - live);
    }

    private static SqliteConnection Open(string path)
    {
        var store = new SqliteConnection($"Data Source={path};Pooling=False");
        store.Open();
        return store;
    }

    private static int Count(SqliteConnection store, string sql)
    {
        using var count = store.CreateCommand();
        count.CommandText = sql;
        return (int)(long)count.ExecuteScalar()!;
    }
}
