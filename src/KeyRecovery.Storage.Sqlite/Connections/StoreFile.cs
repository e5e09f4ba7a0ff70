using KeyRecovery.Storage.Sqlite.Options;

namespace KeyRecovery.Storage.Sqlite.Connections;

/// <summary>One of the two database files, and how connections to it are made.</summary>
internal sealed class StoreFile(SqliteStoreOptions options)
{
    public SqliteStoreOptions Options { get; } = options.Checked();

    public string Folder => Path.GetDirectoryName(Options.Path)!;

    public Schema Schema { get; } = new(options.Tables, options.Journal);

    public string Role => Schema.Role;

    public bool HasContent => new FileInfo(Options.Path) is { Exists: true, Length: > 0 };

    public bool HoldsKeys => Options.Journal == JournalProfile.Keys;

    /// <summary>The connection that writes; what a crash left of a journal with keys is overwritten first.</summary>
    public Connection OpenWriter()
    {
        var connection = Open(writable: true);
        // The first look at the file plays back a journal that a crash left.
        if (HoldsKeys) HeldJournal.Finish(Options.Path, () => connection.Scalar("PRAGMA user_version"));
        return connection;
    }

    public Connection OpenReader() => Open(writable: false);

    /// <summary>A connection on which nothing has been set yet, to see what the file is before it is changed.</summary>
    public Connection OpenBare() => Connection.Open(Options.Path, writable: true);

    private Connection Open(bool writable)
    {
        var connection = Connection.Open(Options.Path, writable);
        try
        {
            Pragmas.Apply(connection, Options.Path, Options.Journal, writable);
            if (Options.LeavesRemnants) connection.Execute("PRAGMA secure_delete=OFF");
            if (writable && Options.PageLimit is { } limit) connection.Execute($"PRAGMA max_page_count={limit()}");
            return connection;
        }
        catch
        {
            connection.Dispose();
            throw;
        }
    }
}
