using KeyRecovery.Service.Clocks;
using KeyRecovery.Service.Moves;
using KeyRecovery.Service.Stores;
using KeyRecovery.Storage.Sqlite.Backups;
using KeyRecovery.Storage.Sqlite.Connections;
using KeyRecovery.Storage.Sqlite.Moves;
using KeyRecovery.Storage.Sqlite.Options;
using Microsoft.Extensions.Logging;

namespace KeyRecovery.Storage.Sqlite;

/// <summary>Two SQLite files, each in a folder of its own: a place is a file's path.</summary>
/// <param name="dataFile">The data store's file.</param>
/// <param name="keysFile">The key store's file.</param>
/// <param name="random">Draws the id of a new pair.</param>
/// <param name="clock">Tells when rows are written.</param>
/// <param name="loggers">Where the stores log to.</param>
public sealed class SqliteStoreHome(
    string dataFile, string keysFile, IRandom random, ServerClock clock, ILoggerFactory loggers)
    : IStoreFiles, IMoveSource
{
    /// <inheritdoc/>
    public bool IsShared => false;

    /// <inheritdoc/>
    public string PlaceOf(StoreKind kind) => kind == StoreKind.Data ? dataFile : keysFile;

    /// <inheritdoc/>
    public bool Exists(StoreKind kind) => File.Exists(PlaceOf(kind));

    /// <inheritdoc/>
    public async Task MigrateAsync(Migration step = Migration.Begin, CancellationToken ct = default) =>
        await (await OpenAsync().ConfigureAwait(false)).DisposeAsync().ConfigureAwait(false);

    /// <inheritdoc/>
    public async Task<IStoreSet> OpenAsync() => await OpenAsync(options => options).ConfigureAwait(false);

    /// <inheritdoc/>
    public async Task<IStoreSet> OpenToReadAsync() =>
        new ReadOnlySet(await OpenAsync(options => options with { MayBeLeft = true }).ConfigureAwait(false));

    /// <inheritdoc/>
    public async Task<IStoreSet> OpenRestoredAsync() =>
        await OpenAsync(options => options with { IsRestoring = true }).ConfigureAwait(false);

    /// <inheritdoc/>
    public async Task<IDeparture> OpenToLeaveAsync()
    {
        foreach (var kind in Enum.GetValues<StoreKind>())
            if (!Exists(kind)) throw Throw.NothingThere(PlaceOf(kind));
        return new SqliteDeparture(
            await OpenAsync(options => options with { MayBeLeft = true }).ConfigureAwait(false), Data, Keys);
    }

    /// <inheritdoc/>
    public MoveMark? MoveOf() =>
        StoreFiles.MoveOf(keysFile, JournalProfile.Keys) ?? StoreFiles.MoveOf(dataFile, JournalProfile.Data);

    /// <inheritdoc/>
    public IDisposable Lock() => StoreLocks.Take(FolderOf(dataFile), FolderOf(keysFile));

    /// <inheritdoc/>
    public IStoreExchange Exchange(StoreKind kind, string tag) =>
        new StoreSwap(PlaceOf(kind), tag, hasKeys: kind == StoreKind.Keys);

    /// <inheritdoc/>
    public ReadOnlyMemory<byte> PairIdOf(StoreKind kind, string place) =>
        StoreFiles.PairIdOf(place, kind == StoreKind.Data ? JournalProfile.Data : JournalProfile.Keys);

    /// <inheritdoc/>
    public async Task<T> LookIntoKeysAsync<T>(string place, Func<IKeyStore, Task<T>> look)
    {
        var store = StoreFiles.OpenKeys(place, clock);
        await using (store.ConfigureAwait(false)) return await look(store).ConfigureAwait(false);
    }

    /// <inheritdoc/>
    public Task<int> WriteKeysAsync(
        string place, ReadOnlyMemory<byte> pairId, IAsyncEnumerable<Row> rows, CancellationToken ct) =>
        StoreFiles.WriteKeysAsync(place, pairId, rows, ct);

    private SqliteStoreOptions Data => new() { Path = dataFile, Journal = JournalProfile.Data };

    private SqliteStoreOptions Keys => new() { Path = keysFile, Journal = JournalProfile.Keys };

    private Task<SqliteStorePair> OpenAsync(Func<SqliteStoreOptions, SqliteStoreOptions> how) =>
        SqliteStorePair.OpenAsync(how(Data), how(Keys), random, clock, loggers);

    private static string FolderOf(string path) => Path.GetDirectoryName(Path.GetFullPath(path))!;
}
