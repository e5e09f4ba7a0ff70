using System.Diagnostics;
using System.Security.Cryptography;
using KeyRecovery.Service.Stores;
using Microsoft.Data.Sqlite;

namespace KeyRecovery.Benchmarks;

/// <summary>
/// What no erasure can do without, by plain statements on copies of the same two files with the same pragmas: keys
/// overwritten and durable, rows deleted, log emptied, receipts durable. Whose rows they are is known ahead.
/// </summary>
internal sealed class BareErasure : IDisposable
{
    private const int Batch = 500;

    // As the service's rows have: an erasure under way with the row that it keeps, and one with its receipt.
    private const int TombstoneBytes = 20, BegunBytes = 760, DoneBytes = 420;

    private readonly SqliteConnection _data;
    private readonly SqliteConnection _keys;

    public BareErasure(string folder)
    {
        (_data, _keys) = (Open(ErasureWorld.DataFile(folder)), Open(ErasureWorld.KeyFile(folder)));
        Execute(_data,
            "PRAGMA synchronous=FULL; PRAGMA secure_delete=ON; PRAGMA wal_autocheckpoint=0; PRAGMA cache_size=-16384");
        Execute(_keys,
            "PRAGMA synchronous=EXTRA; PRAGMA secure_delete=ON; PRAGMA cache_spill=OFF; PRAGMA cache_size=-16384");
        if (Scalar(_data, "PRAGMA journal_mode") != "wal" || Scalar(_keys, "PRAGMA journal_mode") != "delete")
            throw new InvalidOperationException();
    }

    /// <summary>Erases in groups, with one checkpoint each, and gives accounts a second.</summary>
    public double Run(IEnumerable<ErasureAccount> accounts, int group)
    {
        var (count, watch) = (0, Stopwatch.StartNew());
        foreach (var some in accounts.Chunk(group))
        {
            Destroy(some);
            Write(_data, some.Select(a => a.Data.First(r => r.Key.Table == Table.Accounts))
                .Select(r => (r, (byte[]?)"erased"u8.ToArray())));
            foreach (var part in some.SelectMany(a => a.Data.Where(r => r.Key.Table != Table.Accounts)).Chunk(Batch))
                Write(_data, part.Select(r => (r, (byte[]?)null)));
            Empty();
            Finish(some);
            count += some.Length;
        }
        return count / watch.Elapsed.TotalSeconds;
    }

    /// <summary>One EXTRA commit and two of the log with a checkpoint: what one erasure is measured against.</summary>
    public void RunOne(ErasureAccount account)
    {
        Destroy([account]);
        Write(_data, account.Data.Where(r => r.Key.Table == Table.Accounts)
            .Select(r => (r, (byte[]?)"erased"u8.ToArray())));
        Write(_data, account.Data.Where(r => r.Key.Table != Table.Accounts).Select(r => (r, (byte[]?)null)));
        Empty();
    }

    public void Dispose()
    {
        _data.Dispose();
        _keys.Dispose();
    }

    private void Destroy(ErasureAccount[] some)
    {
        using var transaction = _keys.BeginTransaction();
        foreach (var account in some)
        {
            Update(
                _keys, transaction, "key_rows", account.Keys[0].Key.Id, RandomNumberGenerator.GetBytes(TombstoneBytes));
            using var clear = Command(_keys, transaction,
                "UPDATE key_rows_keys SET cell = zeroblob(73) WHERE slot = (SELECT rowid FROM key_rows WHERE id = $id)",
                account.Keys[0].Key.Id);
            clear.ExecuteNonQuery();
            using var insert = Command(_keys, transaction,
                "INSERT INTO erasures(id, version, token, written_hour, value) VALUES($id, 1, 1, 1, $value)",
                account.Keys[0].Key.Id);
            insert.Parameters.AddWithValue("$value", RandomNumberGenerator.GetBytes(BegunBytes));
            insert.ExecuteNonQuery();
        }
        transaction.Commit();
    }

    private void Finish(ErasureAccount[] some)
    {
        using var transaction = _keys.BeginTransaction();
        foreach (var account in some)
        {
            Update(_keys, transaction, "erasures", account.Keys[0].Key.Id, RandomNumberGenerator.GetBytes(DoneBytes));
            Delete(_keys, transaction, "subjects", account.Keys[1].Key.Id);
            Delete(_keys, transaction, "slots", account.Keys[2].Key.Id);
        }
        transaction.Commit();
    }

    private static void Write(SqliteConnection connection, IEnumerable<(Row Row, byte[]? Value)> changes)
    {
        using var transaction = connection.BeginTransaction();
        foreach (var (row, value) in changes)
        {
            if (value is null) Delete(connection, transaction, Name(row.Key.Table), row.Key.Id);
            else Update(connection, transaction, Name(row.Key.Table), row.Key.Id, value);
        }
        transaction.Commit();
    }

    private void Empty()
    {
        if (Scalar(_data, "PRAGMA wal_checkpoint(TRUNCATE)") != "0") throw new InvalidOperationException();
    }

    private static string Name(Table table) => table.ToString().ToLowerInvariant();

    private static void Delete(
        SqliteConnection connection, SqliteTransaction transaction, string table, ReadOnlyMemory<byte> id)
    {
        using var command = Command(connection, transaction, $"DELETE FROM {table} WHERE id = $id", id);
        if (command.ExecuteNonQuery() != 1) throw new InvalidOperationException();
    }

    private static void Update(
        SqliteConnection connection, SqliteTransaction transaction, string table, ReadOnlyMemory<byte> id, byte[] value)
    {
        using var command = Command(connection, transaction,
            $"UPDATE {table} SET version = version + 1, written_hour = 1, value = $value WHERE id = $id", id);
        command.Parameters.AddWithValue("$value", value);
        if (command.ExecuteNonQuery() != 1) throw new InvalidOperationException();
    }

    private static SqliteConnection Open(string path)
    {
        var connection = new SqliteConnection($"Data Source={path};Pooling=False");
        connection.Open();
        return connection;
    }

    private static SqliteCommand Command(
        SqliteConnection connection, SqliteTransaction transaction, string sql, ReadOnlyMemory<byte> id)
    {
        var command = connection.CreateCommand();
        (command.CommandText, command.Transaction) = (sql, transaction);
        command.Parameters.AddWithValue("$id", id.ToArray());
        return command;
    }

    private static void Execute(SqliteConnection connection, string sql)
    {
        using var command = connection.CreateCommand();
        command.CommandText = sql;
        command.ExecuteNonQuery();
    }

    private static string? Scalar(SqliteConnection connection, string sql)
    {
        using var command = connection.CreateCommand();
        command.CommandText = sql;
        return command.ExecuteScalar()?.ToString();
    }
}
