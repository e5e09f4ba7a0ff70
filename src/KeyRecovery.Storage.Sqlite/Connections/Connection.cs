using KeyRecovery.Service.Stores;
using SQLitePCL;
using static SQLitePCL.raw;

namespace KeyRecovery.Storage.Sqlite.Connections;

/// <summary>
/// One connection, used by one thread at a time. SQLitePCLRaw is used directly: values go in and out as spans,
/// and result codes stay codes.
/// </summary>
internal sealed class Connection : IDisposable
{
    private const int Wait = 5_000;

    private const int CacheWrite = 9;

    private readonly Dictionary<Table, Statement?[]> _statements = [];
    private Statement? _begin, _commit;
    private bool _isOpen;

    static Connection() => Batteries_V2.Init();

    private Connection(sqlite3 handle) => Handle = handle;

    public sqlite3 Handle { get; }

    public Statement Begin => _begin ??= new Statement(this, "BEGIN IMMEDIATE");

    public Statement Commit => _commit ??= new Statement(this, "COMMIT");

    public static Connection Open(string path, bool writable)
    {
        // Readers too: after a failed commit whoever comes first rolls the journal back, and only a writable file lets
        // it.
        var code = sqlite3_open_v2(path, out var handle, SQLITE_OPEN_NOMUTEX | SQLITE_OPEN_READWRITE, null);
        var connection = new Connection(handle);
        try
        {
            connection.Check(code);
            connection._isOpen = true;
            connection.Check(sqlite3_extended_result_codes(handle, 1));
            connection.Check(sqlite3_busy_timeout(handle, Wait));
            // SQLite falls back to reading when a file cannot be written, and would say so at the first write only.
            if (writable && sqlite3_db_readonly(handle, "main") != 0)
                throw new SqliteFaultException(SQLITE_READONLY, 0, isOpen: true);
            return connection;
        }
        catch
        {
            connection.Dispose();
            throw;
        }
    }

    /// <summary>A statement on a table, prepared once.</summary>
    public Statement Prepared(RowSql kind, Table table)
    {
        if (!_statements.TryGetValue(table, out var kept))
            _statements.Add(table, kept = new Statement?[RowSqlText.Kinds]);
        return kept[(int)kind] ??= new Statement(this, RowSqlText.For(kind, table));
    }

    public void Execute(string sql) => Check(sqlite3_exec(Handle, sql));

    /// <summary>The first column of the first row as text, or null.</summary>
    public string? Scalar(string sql)
    {
        using var statement = new Statement(this, sql);
        return statement.Step() ? statement.Text(0) : null;
    }

    /// <summary>The first column of every row as text.</summary>
    public List<string> Column(string sql)
    {
        using var statement = new Statement(this, sql);
        List<string> rows = [];
        while (statement.Step()) rows.Add(statement.Text(0));
        return rows;
    }

    /// <summary>Pages written since the last call: in WAL mode, frames.</summary>
    public int TakePagesWritten()
    {
        Check(sqlite3_db_status(Handle, CacheWrite, out var pages, out _, 1));
        return pages;
    }

    public void Check(int code)
    {
        if (code != SQLITE_OK) throw Fault(code);
    }

    public SqliteFaultException Fault(int code)
    {
        var extended = sqlite3_extended_errcode(Handle);
        return new SqliteFaultException(
            (extended & 0xFF) == (code & 0xFF) ? extended : code, NativeErrors.SystemErrno(Handle), _isOpen);
    }

    public void Dispose()
    {
        foreach (var statement in _statements.Values.SelectMany(kept => kept)) statement?.Dispose();
        _statements.Clear();
        // One statement that is left keeps the file open.
        _begin?.Dispose();
        _commit?.Dispose();
        // Rolls back what was not committed.
        Handle.Dispose();
    }
}
