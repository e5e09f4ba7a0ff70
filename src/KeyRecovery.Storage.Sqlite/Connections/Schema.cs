using System.Globalization;
using KeyRecovery.Service.Stores;

namespace KeyRecovery.Storage.Sqlite.Connections;

/// <summary>
/// The tables of a file, and who it is: <c>application_id</c> says which of the two stores, <c>user_version</c> the
/// schema, which only goes forward, and <c>meta</c> the pair it belongs to.
/// </summary>
internal static class Schema
{
    public const int PairIdSize = 16;

    private const int First = 1;

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
        [Table.RealmSlots] = "realm_slots",
        [Table.RealmSubjects] = "realm_subjects",
        [Table.Erasures] = "erasures",
        [Table.ErasureJobs] = "erasure_jobs",
    };

    /// <summary>The schema in which a table came, where it is not the first.</summary>
    private static readonly Dictionary<Table, int> Since = new()
    {
        [Table.RealmSlots] = 2,
        [Table.RealmSubjects] = 2,
        [Table.Erasures] = 3,
        [Table.ErasureJobs] = 3,
    };

    public static string NameOf(Table table) => Names[table];

    public static bool Holds(JournalProfile profile, Table table) =>
        Names.ContainsKey(table) && table < Table.KeyRows == (profile == JournalProfile.Data);

    /// <summary>The schema that this code writes; each store counts for itself.</summary>
    public static int VersionOf(JournalProfile profile) => TablesOf(profile).Max(SinceOf);

    public static string RoleOf(JournalProfile profile) => profile == JournalProfile.Data ? "data store" : "key store";

    /// <summary>Makes the tables of an empty file, in one transaction.</summary>
    public static void Create(Connection connection, JournalProfile profile, ReadOnlySpan<byte> pairId)
    {
        connection.Execute("BEGIN IMMEDIATE");
        connection.Execute("CREATE TABLE meta(name TEXT PRIMARY KEY NOT NULL, value BLOB NOT NULL) WITHOUT ROWID");
        foreach (var table in TablesOf(profile)) CreateTable(connection, table);
        PutMeta(connection, "pair", pairId);
        connection.Execute($"PRAGMA application_id={ApplicationId(profile)}");
        connection.Execute($"PRAGMA user_version={VersionOf(profile)}");
        connection.Execute("COMMIT");
    }

    /// <summary>
    /// Gives an older file the tables that came since, in one transaction. Only forward: an older program refuses the
    /// file from then on.
    /// </summary>
    /// <returns>The schema that the file had, or null where it had this code's.</returns>
    public static long? Upgrade(Connection connection, JournalProfile profile)
    {
        var found = Number(connection, "PRAGMA user_version");
        if (found == VersionOf(profile)) return null;
        connection.Execute("BEGIN IMMEDIATE");
        foreach (var table in TablesOf(profile).Where(table => SinceOf(table) > found)) CreateTable(connection, table);
        connection.Execute($"PRAGMA user_version={VersionOf(profile)}");
        connection.Execute("COMMIT");
        return found;
    }

    /// <summary>The pair of the file, or null if its creation never finished.</summary>
    /// <exception cref="StoreOpenException">The file is something else, or newer than this code.</exception>
    public static byte[]? Identify(Connection connection, string path, JournalProfile profile)
    {
        var version = Number(connection, "PRAGMA user_version");
        var tables = Number(connection, "SELECT count(*) FROM sqlite_schema");
        if (version == 0 && tables == 0) return null;
        if (Number(connection, "PRAGMA application_id") != ApplicationId(profile)) throw Throw.NotOurs(path, RoleOf(profile));
        if (version > VersionOf(profile)) throw Throw.Newer(path, version, VersionOf(profile));
        var pair = GetMeta(connection, "pair");
        return pair is { Length: PairIdSize } ? pair : throw Throw.NotOurs(path, RoleOf(profile));
    }

    /// <summary>Whether the other file of the pair has once been there; kept in the key store's file.</summary>
    public static bool IsComplete(Connection keys) => GetMeta(keys, "complete") is not null;

    public static void SetComplete(Connection keys) => PutMeta(keys, "complete", [1]);

    private static IEnumerable<Table> TablesOf(JournalProfile profile) => Names.Keys.Where(table => Holds(profile, table));

    private static int SinceOf(Table table) => Since.GetValueOrDefault(table, First);

    // Small columns first: a value of many pages is a chain, and what stands behind it costs the whole walk.
    // With rowid: without, the value lies in the index; writes took twice as long at 10 KiB and reads 4 times.
    private static void CreateTable(Connection connection, Table table) => connection.Execute(
        $"CREATE TABLE {NameOf(table)}(version INTEGER NOT NULL, written_hour INTEGER NOT NULL, " +
        "id BLOB NOT NULL UNIQUE, value BLOB NOT NULL)");

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
