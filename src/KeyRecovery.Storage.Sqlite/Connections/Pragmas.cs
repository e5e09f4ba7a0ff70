using KeyRecovery.Storage.Sqlite.Options;

namespace KeyRecovery.Storage.Sqlite.Connections;

/// <summary>
/// What each connection is set to, and what is read back from it at every open: several of these are off by default,
/// all but the journal mode belong to the connection, and SQLite ignores a pragma that it does not know.
/// </summary>
internal static class Pragmas
{
    /// <summary>
    /// Measured on values of 0.2 to 64 KiB: writes 10–35 % faster than with pages of 4 KiB. The key store's rows are
    /// small, and its journal holds whole pages.
    /// </summary>
    private const int DataPage = 8192, KeyPage = 4096;

    private static readonly (string Name, string Set, string Read)[] Both =
    [
        ("secure_delete", "ON", "1"),
        // Nothing of a row goes to a temporary file.
        ("temp_store", "MEMORY", "2"),
        ("trusted_schema", "OFF", "0"),
        ("cell_size_check", "ON", "1"),
        ("mmap_size", "0", "0"),
    ];

    private static readonly (string Name, string Set, string Read)[] Data =
    [
        ("journal_mode", "WAL", "wal"),
        ("synchronous", "FULL", "2"),
        // The Checkpointer does it, beside the writer.
        ("wal_autocheckpoint", "0", "0"),
        ("journal_size_limit", "67108864", "67108864"),
    ];

    private static readonly (string Name, string Set, string Read)[] Keys =
    [
        ("journal_mode", "DELETE", "delete"),
        ("synchronous", "EXTRA", "3"),
        // A spill would take the exclusive lock before the commit, outside of the gate that readers wait at.
        ("cache_spill", "OFF", "0"),
    ];

    private static readonly (string Name, string Set, string Read)[] Writer = [("cache_size", "-16384", "-16384")];
    private static readonly (string Name, string Set, string Read)[] Reader =
        [("cache_size", "-2048", "-2048"), ("query_only", "ON", "1")];

    public static void Apply(Connection connection, string path, JournalProfile profile, bool writable)
    {
        // Counts only while the file is empty.
        if (writable) connection.Execute($"PRAGMA page_size={(profile == JournalProfile.Data ? DataPage : KeyPage)}");
        foreach (var (name, set, read) in All(profile, writable))
        {
            // A reader cannot change the mode; it only checks it.
            if (writable || name != "journal_mode") connection.Execute($"PRAGMA {name}={set}");
            var found = connection.Scalar($"PRAGMA {name}");
            // No answer: this build leaves the feature out (mmap) and with it what the pragma would turn off.
            if (found != read && !(found is null && read == "0")) throw Throw.Pragma(path, name, set, found);
        }
    }

    /// <summary>
    /// Everything that is asserted on a connection of that kind, by name and value as SQLite reports it.
    /// </summary>
    internal static IEnumerable<(string Name, string Set, string Read)> All(JournalProfile profile, bool writable) =>
        [.. profile == JournalProfile.Data ? Data : Keys, .. Both, .. writable ? Writer : Reader];
}
