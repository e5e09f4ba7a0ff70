using System.Globalization;
using KeyRecovery.Service.Stores;

namespace KeyRecovery.Storage.Sqlite.Connections;

/// <summary>
/// The tables of a file, and who it is: <c>application_id</c> says which of the two stores, <c>user_version</c> the
/// schema, which only goes forward, and <c>meta</c> the pair it belongs to.
/// </summary>
internal static class Schema
{
    public const int Version = 1;

    public const int PairIdSize = 16;

    private static readonly Dictionary<Table, string> Names = new()
    {
        [Table.Accounts] = "accounts",
        [Table.Links] = "links",
        [Table.Keysets] = "keysets",
        [Table.Manifests] = "manifests",
        [Table.Items] = "items",
        [Table.Staging] = "staging",
        [Table.History] = "history",
        [Table.KeyRows] = "key_rows",
        [Table.Subjects] = "subjects",
        [Table.Slots] = "slots",
        [Table.Secrets] = "secrets",
    };

    public static string NameOf(Table table) => Names[table];

    public static bool Holds(JournalProfile profile, Table table) =>
        Names.ContainsKey(table) && table < Table.KeyRows == (profile == JournalProfile.Data);

    public static string RoleOf(JournalProfile profile) => profile == JournalProfile.Data ? "data store" : "key store";

    /// <summary>Makes the tables of an empty file, in one transaction.</summary>
    public static void Create(Connection connection, JournalProfile profile, ReadOnlySpan<byte> pairId)
    {
        connection.Execute("BEGIN IMMEDIATE");
        connection.Execute("CREATE TABLE meta(name TEXT PRIMARY KEY NOT NULL, value BLOB NOT NULL) WITHOUT ROWID");
        foreach (var table in Names.Keys.Where(table => Holds(profile, table)))
        {
            // Small columns first: a value of many pages is a chain, and what stands behind it costs the whole walk.
            // With rowid: without, the value lies in the index; writes took twice as long at 10 KiB and reads 4 times.
            connection.Execute(
                $"CREATE TABLE {NameOf(table)}(version INTEGER NOT NULL, written_hour INTEGER NOT NULL, " +
                "id BLOB NOT NULL UNIQUE, value BLOB NOT NULL)");
        }

        PutMeta(connection, "pair", pairId);
        connection.Execute($"PRAGMA application_id={ApplicationId(profile)}");
        connection.Execute($"PRAGMA user_version={Version}");
        connection.Execute("COMMIT");
    }

    /// <summary>The pair of the file, or null if its creation never finished.</summary>
    /// <exception cref="StoreOpenException">The file is something else, or newer than this code.</exception>
    public static byte[]? Identify(Connection connection, string path, JournalProfile profile)
    {
        var version = Number(connection, "PRAGMA user_version");
        var tables = Number(connection, "SELECT count(*) FROM sqlite_schema");
        if (version == 0 && tables == 0) return null;
        if (Number(connection, "PRAGMA application_id") != ApplicationId(profile)) throw Throw.NotOurs(path, RoleOf(profile));
        if (version > Version) throw Throw.Newer(path, version, Version);
        var pair = GetMeta(connection, "pair");
        return pair is { Length: PairIdSize } ? pair : throw Throw.NotOurs(path, RoleOf(profile));
    }

    /// <summary>Whether the other file of the pair has once been there; kept in the key store's file.</summary>
    public static bool IsComplete(Connection keys) => GetMeta(keys, "complete") is not null;

    public static void SetComplete(Connection keys) => PutMeta(keys, "complete", [1]);

    private static int ApplicationId(JournalProfile profile) =>
        profile == JournalProfile.Data ? 0x4B524441 /* KRDA */ : 0x4B524B45 /* KRKE */;

    private static void PutMeta(Connection connection, string name, ReadOnlySpan<byte> value)
    {
        using var statement = new Statement(connection, $"INSERT INTO meta(name, value) VALUES('{name}', ?1)");
        statement.Bind(1, value).Run();
    }

    private static byte[]? GetMeta(Connection connection, string name)
    {
        using var statement = new Statement(connection, $"SELECT value FROM meta WHERE name = '{name}'");
        return statement.Step() ? statement.Blob(0).ToArray() : null;
    }

    private static long Number(Connection connection, string sql) =>
        long.Parse(connection.Scalar(sql) ?? "0", CultureInfo.InvariantCulture);
}
