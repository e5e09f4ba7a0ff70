using System.Globalization;
using System.Text;
using KeyRecovery.Service.Stores;
using KeyRecovery.Service.Tables;
using KeyRecovery.Storage.Sqlite.Options;

namespace KeyRecovery.Storage.Sqlite.Connections;

/// <summary>
/// The tables of a file, and who it is: <c>application_id</c> says which of the two stores, <c>user_version</c> the
/// schema, which only goes forward, and <c>meta</c> the pair it belongs to.
/// </summary>
internal sealed class Schema(TableRegistry registry, JournalProfile profile)
{
    public const int PairIdSize = 16;

    private readonly StoreKind _store = profile == JournalProfile.Data ? StoreKind.Data : StoreKind.Keys;

    /// <summary>The schema that this program writes; each store counts for itself.</summary>
    public int Version => registry.SchemaOf(_store);

    public string Role => profile == JournalProfile.Data ? "data store" : "key store";

    private int ApplicationId => profile == JournalProfile.Data ? 0x4B524441 /* KRDA */ : 0x4B524B45 /* KRKE */;

    // Of a file that a move has left: to a program that knows of no moves it is no store.
    private int LeftApplicationId => profile == JournalProfile.Data ? 0x4B52444C /* KRDL */ : 0x4B524B4C /* KRKL */;

    public bool Holds(Table table) => table.Store == _store && registry.Find((ulong)table.Number) == table;

    /// <summary>Makes the tables of an empty file, in one transaction.</summary>
    public void Create(Connection connection, ReadOnlySpan<byte> pairId)
    {
        connection.Execute("BEGIN IMMEDIATE");
        connection.Execute("CREATE TABLE meta(name TEXT PRIMARY KEY NOT NULL, value BLOB NOT NULL) WITHOUT ROWID");
        foreach (var table in registry.Of(_store)) CreateTable(connection, table);
        PutMeta(connection, "pair", pairId);
        connection.Execute($"PRAGMA application_id={ApplicationId}");
        connection.Execute($"PRAGMA user_version={Version}");
        connection.Execute("COMMIT");
    }

    /// <summary>
    /// Gives an older file the tables that came since, in one transaction. Only forward: an older program refuses the
    /// file from then on.
    /// </summary>
    /// <returns>The schema that the file had, or null where it had this program's.</returns>
    public long? Upgrade(Connection connection)
    {
        var found = Number(connection, "PRAGMA user_version");
        if (found == Version) return null;
        connection.Execute("BEGIN IMMEDIATE");
        foreach (var table in registry.Of(_store).Where(table => table.Since > found)) CreateTable(connection, table);
        connection.Execute($"PRAGMA user_version={Version}");
        connection.Execute("COMMIT");
        return found;
    }

    /// <summary>The pair of the file, or null if its creation never finished.</summary>
    /// <exception cref="StoreOpenException">The file is something else, newer than this program, or from before the
    /// first release.</exception>
    public byte[]? Identify(Connection connection, string path)
    {
        var version = Number(connection, "PRAGMA user_version");
        var tables = Number(connection, "SELECT count(*) FROM sqlite_schema");
        if (version == 0 && tables == 0) return null;
        var application = Number(connection, "PRAGMA application_id");
        if (application != ApplicationId && application != LeftApplicationId) throw Throw.NotOurs(path, Role);
        if (version > Version) throw Throw.Newer(path, version, Version);
        if (version < Table.FirstSchema) throw Throw.Unreleased(path, version);
        var pair = GetMeta(connection, "pair");
        return pair is { Length: PairIdSize } ? pair : throw Throw.NotOurs(path, Role);
    }

    /// <summary>Whether the other file of the pair has once been there; kept in the key store's file.</summary>
    public static bool IsComplete(Connection keys) => GetMeta(keys, "complete") is not null;

    public static void SetComplete(Connection keys) => PutMeta(keys, "complete", [1]);

    /// <summary>The move that has left the file; null for none.</summary>
    public static MoveMark? MoveOf(Connection connection)
    {
        if (GetMeta(connection, "move") is not { } mark) return null;
        const int Head = 16 + 1;
        return mark.Length >= Head
            ? new MoveMark(
                new Guid(mark.AsSpan(0, Head - 1)), (MoveState)mark[Head - 1], Encoding.UTF8.GetString(mark, Head,
                    mark.Length - Head))
            : throw new InvalidDataException("the mark of a move is cut short");
    }

    /// <summary>Says which move has left the file, or that none has, in one transaction.</summary>
    public void SetMove(Connection connection, MoveMark? mark)
    {
        connection.Execute("BEGIN IMMEDIATE");
        connection.Execute("DELETE FROM meta WHERE name = 'move'");
        if (mark is not null)
            PutMeta(
                connection, "move",
                [.. mark.Id.ToByteArray(), (byte)mark.State, .. Encoding.UTF8.GetBytes(mark.Other)]);
        connection.Execute($"PRAGMA application_id={(mark is null ? ApplicationId : LeftApplicationId)}");
        connection.Execute("COMMIT");
    }

    // Small columns first: a value of many pages is a chain, and what stands behind it costs the whole walk.
    // With rowid: without, the value lies in the index; writes took twice as long at 10 KiB and reads 4 times.
    private static void CreateTable(Connection connection, Table table)
    {
        connection.Execute(
            $"CREATE TABLE {table.Name}(version INTEGER NOT NULL, token INTEGER NOT NULL, "
            + "written_hour INTEGER NOT NULL, id BLOB NOT NULL UNIQUE, value BLOB NOT NULL)");
        if (table.LeadingKeySize > 0)
            connection.Execute(
                $"CREATE TABLE {KeyCell.TableOf(table)}(slot INTEGER PRIMARY KEY, cell BLOB NOT NULL)");
    }

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
