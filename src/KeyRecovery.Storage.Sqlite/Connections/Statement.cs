using System.Text;
using SQLitePCL;
using static SQLitePCL.raw;

namespace KeyRecovery.Storage.Sqlite.Connections;

/// <summary>A prepared statement, kept for the life of its connection.</summary>
internal sealed class Statement : IDisposable
{
    private readonly Connection _connection;
    private readonly sqlite3_stmt _statement;

    public Statement(Connection connection, string sql)
    {
        _connection = connection;
        connection.Check(sqlite3_prepare_v3(connection.Handle, sql, SQLITE_PREPARE_PERSISTENT, out _statement));
    }

    public Statement Bind(int index, ReadOnlySpan<byte> value)
    {
        // An empty span has no address, and SQLite would take that for NULL.
        _connection.Check(value.IsEmpty
            ? sqlite3_bind_zeroblob(_statement, index, 0)
            : sqlite3_bind_blob(_statement, index, value));
        return this;
    }

    public Statement Bind(int index, long value)
    {
        _connection.Check(sqlite3_bind_int64(_statement, index, value));
        return this;
    }

    public Statement Bind(int index, string value)
    {
        _connection.Check(sqlite3_bind_text(_statement, index, value));
        return this;
    }

    /// <summary>True while there is a row.</summary>
    public bool Step()
    {
        var code = sqlite3_step(_statement);
        if (code == SQLITE_ROW) return true;
        if (code == SQLITE_DONE) return false;
        var fault = _connection.Fault(code);
        Reset();
        throw fault;
    }

    /// <summary>Runs a statement that gives no rows, or whose rows do not matter.</summary>
    public void Run()
    {
        Step();
        Reset();
    }

    /// <summary>Runs a statement that changes rows.</summary>
    /// <returns>How many it changed.</returns>
    public int RunCounted()
    {
        Step();
        var changed = sqlite3_changes(_connection.Handle);
        Reset();
        return changed;
    }

    /// <summary>Ends the statement, and with it the read transaction if it was the last one.</summary>
    public void Reset() => sqlite3_reset(_statement);

    public ReadOnlySpan<byte> Blob(int column) => sqlite3_column_blob(_statement, column);

    public long Integer(int column) => sqlite3_column_int64(_statement, column);

    public string Text(int column) => Encoding.UTF8.GetString(sqlite3_column_blob(_statement, column));

    public void Dispose() => _statement.Dispose();
}
