using KeyRecovery.Service.Stores;

namespace KeyRecovery.Storage.Sqlite.Connections;

/// <summary>The statements that a connection keeps prepared for each table.</summary>
internal enum RowSql
{
    Version,
    Insert,
    Update,
    Delete,
    Read,
    Range,
}

internal static class RowSqlText
{
    public const int Kinds = 6;

    public static string For(RowSql kind, Table table)
    {
        var name = Schema.NameOf(table);
        return kind switch
        {
            RowSql.Version => $"SELECT version FROM {name} WHERE id = ?1",
            RowSql.Insert => $"INSERT INTO {name}(id, version, written_hour, value) VALUES(?1, ?2, ?3, ?4)",
            RowSql.Update => $"UPDATE {name} SET version = ?2, written_hour = ?3, value = ?4 WHERE id = ?1",
            RowSql.Delete => $"DELETE FROM {name} WHERE id = ?1",
            RowSql.Read => $"SELECT version, written_hour, value FROM {name} WHERE id = ?1",
            RowSql.Range => $"SELECT version, written_hour, value, id FROM {name} WHERE id >= ?1 AND id < ?2 ORDER BY id",
            _ => throw new ArgumentOutOfRangeException(nameof(kind)),
        };
    }
}
