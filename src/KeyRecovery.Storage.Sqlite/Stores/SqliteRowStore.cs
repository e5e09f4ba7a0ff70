using System.Runtime.CompilerServices;
using KeyRecovery.Service.Clocks;
using KeyRecovery.Service.Stores;
using KeyRecovery.Storage.Sqlite.Commits;
using KeyRecovery.Storage.Sqlite.Connections;
using Microsoft.Extensions.Logging;

namespace KeyRecovery.Storage.Sqlite.Stores;

/// <summary>
/// Rows in one SQLite file: reads are synchronous point reads on connections of their own, writes are gathered into
/// common commits by one writer. Made by <see cref="SqliteStorePair"/>.
/// </summary>
public abstract class SqliteRowStore : IRowStore, IAsyncDisposable
{
    private const int PageRows = 256;

    // What a place begins with that this kind of store has told.
    private const byte PlaceMark = 1;
    private const long PageBytes = 1 << 20;

    /// <summary>Greater than every id, which has at most 64 bytes.</summary>
    private static readonly byte[] End = [.. Enumerable.Repeat((byte)0xFF, RowKey.MaxIdSize + 1)];

    private readonly StoreFile _file;
    private readonly CommitGate _gate;
    private readonly ReaderPool _readers;
    private readonly GroupCommit _writer;
    private int _disposed;

    private protected SqliteRowStore(StoreFile file, Connection writer, ServerClock clock, ILogger logger)
    {
        _file = file;
        _gate = new CommitGate(file.Options.Journal);
        _readers = new ReaderPool(file, _gate, logger);
        _writer = new GroupCommit(file, writer, _gate, clock, logger);
    }

    /// <summary>The schema that the file has.</summary>
    internal int Schema => _file.Schema.Version;

    /// <inheritdoc/>
    public ValueTask<Row?> ReadAsync(RowKey key, CancellationToken ct) => PointAsync(RowSql.Read, key, ct);

    /// <inheritdoc/>
    public ValueTask<Row?> HeadAsync(RowKey key, CancellationToken ct) => PointAsync(RowSql.Head, key, ct);

    /// <inheritdoc/>
    public ValueTask<WriteResult> WriteAsync(IReadOnlyList<RowWrite> writes, CancellationToken ct)
    {
        foreach (var write in writes) Demand(write.Key.Table);
        return _writer.WriteAsync(writes, ct);
    }

    /// <inheritdoc/>
    public ValueTask<WriteResult> WriteAnyOrderAsync(IReadOnlyList<RowWrite> writes, CancellationToken ct) =>
        WriteAsync(writes, ct);

    /// <inheritdoc/>
    public IAsyncEnumerable<Row> ScanAsync(Table table, CancellationToken ct) =>
        PagesAsync(RowSql.Range, Demand(table), [], End, ct);

    /// <inheritdoc/>
    public IAsyncEnumerable<Row> ScanOwnerAsync(Table table, ReadOnlyMemory<byte> owner, CancellationToken ct) =>
        PagesAsync(RowSql.Range, Demand(table), owner.ToArray(), PrefixEnd(owner.Span), ct);

    /// <inheritdoc/>
    public IAsyncEnumerable<Row> ListOwnerAsync(Table table, ReadOnlyMemory<byte> owner, CancellationToken ct) =>
        PagesAsync(RowSql.Headings, Demand(table), owner.ToArray(), PrefixEnd(owner.Span), ct);

    /// <inheritdoc/>
    public ValueTask<RowPage?> PageAsync(
        Table table, ReadOnlyMemory<byte> owner, ReadOnlyMemory<byte> at, int limit, CancellationToken ct)
    {
        ct.ThrowIfCancellationRequested();
        if (!at.IsEmpty && (at.Span[0] != PlaceMark || !at.Span[1..].StartsWith(owner.Span)))
            return ValueTask.FromResult<RowPage?>(null);
        var from = at.IsEmpty ? owner.ToArray() : Successor(at.Span[1..]);
        var (rows, isLast) = _readers.Read(
            (RowSql.Range, Demand(table), from, PrefixEnd(owner.Span), Math.Min(limit, PageRows)),
            static (connection, range) => ReadPage(connection, range));
        byte[] next = isLast ? [] : [PlaceMark, .. rows[^1].Key.Id.Span];
        return ValueTask.FromResult<RowPage?>(new RowPage([.. rows], next));
    }

    /// <summary>Writes what waits, empties the log into the file and closes it. The pair does this.</summary>
    public async ValueTask DisposeAsync()
    {
        GC.SuppressFinalize(this);
        if (Interlocked.Exchange(ref _disposed, 1) != 0) return;
        await _writer.DrainAsync().ConfigureAwait(false);
        // An open reader would keep the last checkpoint from emptying the log.
        _readers.Dispose();
        _writer.Dispose();
    }

    internal List<string> Check() =>
        _readers.Read(0, static (connection, _) => connection.Column("PRAGMA integrity_check"))
            .FindAll(problem => problem != "ok");

    private async IAsyncEnumerable<Row> PagesAsync(
        RowSql kind, Table table, byte[] from, byte[] end, [EnumeratorCancellation] CancellationToken ct)
    {
        while (true)
        {
            ct.ThrowIfCancellationRequested();
            var (rows, isLast) = _readers.Read(
                (kind, table, from, end, PageRows), static (connection, range) => ReadPage(connection, range));
            foreach (var row in rows) yield return row;
            if (isLast) yield break;
            from = Successor(rows[^1].Key.Id.Span);
            await Task.Yield();
        }
    }

    private ValueTask<Row?> PointAsync(RowSql kind, RowKey key, CancellationToken ct)
    {
        Demand(key.Table);
        return ct.IsCancellationRequested
            ? ValueTask.FromCanceled<Row?>(ct)
            : ValueTask.FromResult(
                _readers.Read((kind, key), static (connection, at) => ReadRow(connection, at.kind, at.key)));
    }

    private static Row? ReadRow(Connection connection, RowSql kind, RowKey key)
    {
        var statement = connection.Prepared(kind, key.Table).Bind(1, key.Id.Span);
        var row = statement.Step() ? RowAt(statement, key) : null;
        statement.Reset();
        return row;
    }

    private static (List<Row> Rows, bool IsLast) ReadPage(
        Connection connection, (RowSql Kind, Table Table, byte[] From, byte[] End, int Limit) range)
    {
        var statement = connection.Prepared(range.Kind, range.Table).Bind(1, range.From).Bind(2, range.End);
        List<Row> rows = [];
        long bytes = 0;
        var more = true;
        while (rows.Count < range.Limit && bytes < PageBytes && (more = statement.Step()))
        {
            var row = RowAt(statement, new RowKey(range.Table, statement.Blob(5).ToArray()));
            rows.Add(row);
            bytes += row.Value.Length;
        }

        statement.Reset();
        return (rows, !more);
    }

    private static Row RowAt(Statement statement, RowKey key) =>
        new(key, KeyCell.Join(statement.Blob(3), statement.Blob(4)), statement.Integer(0), statement.Integer(1),
            RowToken.Of(statement.Integer(2)));

    private static byte[] Successor(ReadOnlySpan<byte> id) => [.. id, 0];

    /// <summary>The least id greater than all that begin so.</summary>
    private static byte[] PrefixEnd(ReadOnlySpan<byte> prefix)
    {
        var kept = prefix.TrimEnd((byte)0xFF);
        if (kept.IsEmpty) return End;
        byte[] end = [.. kept];
        end[^1]++;
        return end;
    }

    private Table Demand(Table table) =>
        _file.Schema.Holds(table) ? table : throw Throw.ForeignTable(table);
}
