using System.Buffers.Binary;
using System.Globalization;
using System.Text;
using KeyRecovery.Protocol.Audit.Log;
using KeyRecovery.Testing.Hosting;
using Microsoft.Data.Sqlite;

namespace KeyRecovery.Client.Tests.Logs;

/// <summary>Where the sequencer of a server stands that is frozen or dead, by the order of its steps.</summary>
internal enum LogStep
{
    /// <summary>Nothing waits, and all is published.</summary>
    AtRest,

    /// <summary>Changes wait, the head is not replaced yet.</summary>
    BeforeHead,

    /// <summary>The head is replaced, its entries or tiles are not all there.</summary>
    BeforeFiles,

    /// <summary>They are there; their places, or the mark behind these, are not.</summary>
    BeforeMark,

    /// <summary>The mark is there, and the checkpoint is still the one before.</summary>
    BeforeCheckpoint,
}

/// <summary>Reads that from a copy of the server's files, which nobody writes meanwhile.</summary>
internal static class LogCensus
{
    public static LogStep Of(string data)
    {
        using var copy = new TempFolder();
        foreach (var (folder, name) in new[]
        {
            ("stores", "data.db"), ("stores", "data.db-wal"), ("keys", "keys.db"), ("keys", "keys.db-journal"),
        })
            if (File.Exists(Path.Combine(data, folder, name))) File.Copy(Path.Combine(data, folder, name), copy[name]);
        using var keys = Open(copy["keys.db"]);
        using var rows = Open(copy["data.db"]);
        var published = File.ReadAllText(Path.Combine(data, "log", "checkpoint"));
        var origin = published[..published.IndexOf('\n', StringComparison.Ordinal)];
        var size = SizeOf(Encoding.Latin1.GetString((byte[])Value(keys, "SELECT value FROM log_heads")!), origin);
        if (!HasFiles(Path.Combine(data, "log"), size)) return LogStep.BeforeFiles;
        var mark = Value(rows, "SELECT value FROM log_mark") is byte[] bytes
            ? BinaryPrimitives.ReadUInt64BigEndian(bytes) : 0;
        if (mark < size) return LogStep.BeforeMark;
        if (SizeOf(published, origin) < size) return LogStep.BeforeCheckpoint;
        return IsEmpty(rows, "outbox") && IsEmpty(keys, "key_outbox") ? LogStep.AtRest : LogStep.BeforeHead;
    }

    // The head has the signed checkpoint inside, which is text.
    private static ulong SizeOf(string note, string origin)
    {
        var from = note.IndexOf(origin + '\n', StringComparison.Ordinal) + origin.Length + 1;
        return ulong.Parse(
            note[from..note.IndexOf('\n', from)], NumberStyles.None, CultureInfo.InvariantCulture);
    }

    private static bool HasFiles(string log, ulong size)
    {
        if (size == 0) return true;
        var (number, width) = ((size - 1) / TilePath.FullWidth, (int)((size - 1) % TilePath.FullWidth) + 1);
        return File.Exists(Path.Combine(log, TilePath.Entries(number, width).ToString()))
            && File.Exists(Path.Combine(log, TilePath.Tile(0, number, width).ToString()));
    }

    private static bool IsEmpty(SqliteConnection store, string table) =>
        Value(store, $"SELECT 1 FROM {table} LIMIT 1") is null;

    private static SqliteConnection Open(string path)
    {
        var store = new SqliteConnection($"Data Source={path};Pooling=False");
        store.Open();
        return store;
    }

    private static object? Value(SqliteConnection store, string sql)
    {
        using var read = store.CreateCommand();
        read.CommandText = sql;
        return read.ExecuteScalar();
    }
}
