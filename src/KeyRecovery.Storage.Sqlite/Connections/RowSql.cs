using KeyRecovery.Service.Stores;

namespace KeyRecovery.Storage.Sqlite.Connections;

/// <summary>The statements that a connection keeps prepared for each table.</summary>
internal enum RowSql
{
    Create,
    Ensure,
    Replace,
    Delete,
    Remove,
    Import,
    Read,
    Head,
    Range,
    Headings,
    PutKey,
    ClearKey,
}

/// <summary>
/// Each step of a write is one statement: its precondition stands in it, and SQLite says how many rows it met.
/// </summary>
internal static class RowSqlText
{
    public const int Kinds = 12;

    /// <summary>Where a key is cleared whichever writing of the row is there: tokens are not negative.</summary>
    public const long AnyToken = -1;

    public static string For(RowSql kind, Table table)
    {
        var name = table.Name;
        var (cell, join) = table.LeadingKeySize > 0
            ? ("cell", $"{name} LEFT JOIN {KeyCell.TableOf(table)} ON slot = {name}.rowid") : ("x''", name);
        return kind switch
        {
            RowSql.Create =>
                $"INSERT INTO {name}(id, version, token, written_hour, value) VALUES(?1, 1, ?2, ?3, ?4) ON "
                + "CONFLICT(id) DO NOTHING",
            RowSql.Ensure =>
                $"INSERT INTO {name}(id, version, token, written_hour, value) VALUES(?1, 1, ?2, ?3, ?4) ON "
                + "CONFLICT(id) DO UPDATE " +
                "SET version = 1, token = excluded.token, written_hour = excluded.written_hour, value = excluded.value",
            RowSql.Replace =>
                $"UPDATE {name} SET version = version + 1, token = ?2, written_hour = ?3, value = ?4 WHERE id = ?1 "
                + "AND token = ?5",
            RowSql.Delete => $"DELETE FROM {name} WHERE id = ?1 AND token = ?2",
            RowSql.Remove => $"DELETE FROM {name} WHERE id = ?1",
            RowSql.Import =>
                $"INSERT INTO {name}(id, version, token, written_hour, value) VALUES(?1, ?2, ?3, ?4, ?5) ON "
                + "CONFLICT(id) DO NOTHING",
            RowSql.Read => $"SELECT version, written_hour, token, {cell}, value FROM {join} WHERE id = ?1",
            // The value stands last in a row: its pages are not read.
            RowSql.Head => $"SELECT version, written_hour, token, x'', x'' FROM {name} WHERE id = ?1",
            RowSql.Range =>
                $"SELECT version, written_hour, token, {cell}, value, id FROM {join} WHERE id >= ?1 AND id < ?2 "
                + "ORDER BY id",
            RowSql.Headings =>
                $"SELECT version, written_hour, token, x'', x'', id FROM {name} WHERE id >= ?1 AND id < ?2 ORDER BY id",
            // In place: the cell is as large as before. A number may be one that a row had which is gone.
            RowSql.PutKey =>
                $"INSERT INTO {KeyCell.TableOf(table)}(slot, cell) SELECT rowid, ?2 FROM {name} WHERE id = ?1 "
                + "ON CONFLICT(slot) DO UPDATE SET cell = excluded.cell",
            RowSql.ClearKey =>
                $"UPDATE {KeyCell.TableOf(table)} SET cell = zeroblob({KeyCell.SizeOf(table)}) "
                + $"WHERE slot = (SELECT rowid FROM {name} WHERE id = ?1 AND (?2 < 0 OR token = ?2))",
            _ => throw new ArgumentOutOfRangeException(nameof(kind)),
        };
    }
}
