using KeyRecovery.Service.Clocks;
using KeyRecovery.Service.Stores;
using KeyRecovery.Storage.Files.Backups;
using KeyRecovery.Storage.Files.Disk;
using KeyRecovery.Storage.Sqlite.Connections;
using KeyRecovery.Storage.Sqlite.Options;
using KeyRecovery.Storage.Sqlite.Stores;
using KeyRecovery.Storage.Sqlite.Telemetry;
using Microsoft.Extensions.Logging;

namespace KeyRecovery.Storage.Sqlite;

/// <summary>
/// The data store and the key store of one server: two files that belong together, each in a folder of its own, held
/// exclusively while this object lives. Disposal writes what waits, empties the log into the file and lets go.
/// </summary>
public sealed class SqliteStorePair : IStoreSet, ICopiedData
{
    private readonly string _dataFile;
    private readonly FolderLock _dataLock;
    private readonly FolderLock _keyLock;
    private int _disposed;

    private SqliteStorePair(
        SqliteDataStore data, SqliteKeyStore keys, string dataFile, byte[] pairId, bool isNew, FolderLock dataLock,
        FolderLock keyLock)
    {
        (Data, Keys, PairId, IsNew) = (data, keys, pairId, isNew);
        (_dataFile, _dataLock, _keyLock) = (dataFile, dataLock, keyLock);
    }

    /// <summary>The data store.</summary>
    public SqliteDataStore Data { get; }

    /// <summary>The key store.</summary>
    public SqliteKeyStore Keys { get; }

    /// <inheritdoc/>
    public long DataBytes => new FileInfo(_dataFile).Length;

    IDataStore IStoreSet.Data => Data;

    IKeyStore IStoreSet.Keys => Keys;

    /// <inheritdoc/>
    public ReadOnlyMemory<byte> PairId { get; }

    /// <inheritdoc/>
    public Task<string> Closed { get; } = new TaskCompletionSource<string>().Task;

    /// <summary>Both files were made by this very call.</summary>
    public bool IsNew { get; }

    /// <summary>Opens the pair with the default limits.</summary>
    /// <inheritdoc cref="OpenAsync(SqliteStoreOptions, SqliteStoreOptions, IRandom, ServerClock, ILoggerFactory)"/>
    public static Task<SqliteStorePair> OpenAsync(
        string dataPath, string keyPath, IRandom random, ServerClock clock, ILoggerFactory loggers) =>
        OpenAsync(
            new SqliteStoreOptions { Path = dataPath, Journal = JournalProfile.Data },
            new SqliteStoreOptions { Path = keyPath, Journal = JournalProfile.Keys },
            random, clock, loggers);

    /// <summary>
    /// Opens the pair, or makes it where neither file exists: files with mode 0600, folders with 0700.
    /// </summary>
    /// <exception cref="StoreOpenException">
    /// Another process holds a folder; one of the two files is missing; they are not a pair; one is of another kind or
    /// of a newer schema; both are to lie in one folder; a restore was begun and has not ended. Nothing was changed.
    /// </exception>
    /// <exception cref="StoreUnavailableException">A file cannot be read or written.</exception>
    public static Task<SqliteStorePair> OpenAsync(
        SqliteStoreOptions data, SqliteStoreOptions keys, IRandom random, ServerClock clock, ILoggerFactory loggers) =>
        Task.Run(() => Open(new StoreFile(data), new StoreFile(keys), random, clock, loggers));

    /// <summary>
    /// Runs SQLite's <c>integrity_check</c> on both files. Takes as long as reading them whole; writes of the key store
    /// wait meanwhile.
    /// </summary>
    /// <exception cref="StoreUnavailableException">A file cannot be read.</exception>
    public Task<IntegrityReport> CheckAsync() => Task.Run(() => new IntegrityReport(Data.Check(), Keys.Check()));

    /// <inheritdoc/>
    public StoreSchema SchemaOf(StoreKind kind) =>
        StoreSchema.Of(kind == StoreKind.Data ? Data.Schema : Keys.Schema);

    /// <inheritdoc/>
    public Task CopyDataAsync(string path, CancellationToken ct) => Data.CopyToAsync(path, ct);

    /// <inheritdoc/>
    public async ValueTask DisposeAsync()
    {
        if (Interlocked.Exchange(ref _disposed, 1) != 0) return;
        await Data.DisposeAsync().ConfigureAwait(false);
        await Keys.DisposeAsync().ConfigureAwait(false);
        _dataLock.Dispose();
        _keyLock.Dispose();
    }

    private static SqliteStorePair Open(
        StoreFile data, StoreFile keys, IRandom random, ServerClock clock, ILoggerFactory loggers)
    {
        if (data.Folder == keys.Folder) throw Throw.SamePlace(data.Folder);
        var logger = loggers.CreateLogger<SqliteStorePair>();
        FolderLock? dataLock = null, keyLock = null;
        Connection? dataWriter = null, keyWriter = null;
        try
        {
            dataLock = Lock(data, logger);
            keyLock = Lock(keys, logger);
            if (!data.Options.IsRestoring && RestoreMarker.Read(data.Folder) is { } begun)
                throw Throw.Restoring(begun.Part);
            var (pairId, isNew) = PairOpening.Join(data, keys, random);
            dataWriter = data.OpenWriter();
            keyWriter = keys.OpenWriter();
            if (!data.Options.MayBeLeft)
            {
                if (Schema.MoveOf(keyWriter) is { } keysLeft) throw Throw.Moved(keys.Options.Path, keysLeft);
                if (Schema.MoveOf(dataWriter) is { } dataLeft) throw Throw.Moved(data.Options.Path, dataLeft);
            }

            Upgrade(data, dataWriter, logger);
            Upgrade(keys, keyWriter, logger);
            if (isNew) Log.PairMade(logger, data.Options.Path, keys.Options.Path);
            return new SqliteStorePair(
                new SqliteDataStore(data, dataWriter, clock, logger),
                new SqliteKeyStore(keys, keyWriter, clock, logger),
                data.Options.Path, pairId, isNew, dataLock, keyLock);
        }
        catch (Exception e)
        {
            dataWriter?.Dispose();
            keyWriter?.Dispose();
            dataLock?.Dispose();
            keyLock?.Dispose();
            if (e is SqliteFaultException fault)
                throw new StoreUnavailableException(fault.Reason, "a store cannot be opened", e);
            throw;
        }
    }

    // Only now: whatever is wrong with the pair was found before anything is changed.
    private static void Upgrade(StoreFile file, Connection writer, ILogger logger)
    {
        if (file.Schema.Upgrade(writer) is { } found)
            Log.SchemaUpgraded(logger, file.Role, found, file.Schema.Version);
    }

    private static FolderLock Lock(StoreFile file, ILogger logger)
    {
        PrivateFiles.MakeFolder(file.Folder);
        if (PrivateFiles.IsOpenToOthers(file.Folder)) Log.FolderIsOpen(logger, file.Folder);
        return FolderLock.Take(file.Folder);
    }
}
