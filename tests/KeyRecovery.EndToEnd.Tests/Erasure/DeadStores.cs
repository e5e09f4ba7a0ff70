using KeyRecovery.Testing.Hosting;
using Microsoft.Data.Sqlite;

namespace KeyRecovery.EndToEnd.Tests.Erasure;

/// <summary>
/// What a killed server left, in a copy of its files: reading plays journals back, and those of the server are to be
/// played back by the next one.
/// </summary>
internal sealed class DeadStores : IDisposable
{
    private readonly TempFolder _copy = new();

    public DeadStores(string data)
    {
        foreach (var (folder, name) in new[] {
            ("stores", "data.db"), ("stores", "data.db-wal"), ("keys", "keys.db"), ("keys", "keys.db-journal"),
        })
            if (File.Exists(Path.Combine(data, folder, name))) File.Copy(Path.Combine(data, folder, name), _copy[name]);
        Keys = Open(_copy["keys.db"]);
        Data = Open(_copy["data.db"]);
    }

    public SqliteConnection Keys { get; }

    public SqliteConnection Data { get; }

    /// <summary>The lookups of users, by their ids.</summary>
    public static HashSet<string> SubjectsOf(string data)
    {
        using var stores = new DeadStores(data);
        using var read = stores.Keys.CreateCommand();
        read.CommandText = "SELECT hex(id) FROM subjects";
        using var rows = read.ExecuteReader();
        var ids = new HashSet<string>();
        while (rows.Read()) ids.Add(rows.GetString(0));
        return ids;
    }

    public static int Count(SqliteConnection store, string sql)
    {
        using var count = store.CreateCommand();
        count.CommandText = sql;
        return (int)(long)count.ExecuteScalar()!;
    }

    public void Dispose()
    {
        Keys.Dispose();
        Data.Dispose();
        _copy.Dispose();
    }

    private static SqliteConnection Open(string path)
    {
        var store = new SqliteConnection($"Data Source={path};Pooling=False");
        store.Open();
        return store;
    }
}
