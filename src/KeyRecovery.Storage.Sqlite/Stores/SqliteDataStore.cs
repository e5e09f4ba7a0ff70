using KeyRecovery.Service.Clocks;
using KeyRecovery.Service.Stores;
using KeyRecovery.Storage.Sqlite.Commits;
using KeyRecovery.Storage.Sqlite.Connections;
using Microsoft.Extensions.Logging;

namespace KeyRecovery.Storage.Sqlite.Stores;

/// <summary>
/// The data store in an SQLite file with a write-ahead log: one flush a commit, readers that never wait.
/// </summary>
public sealed class SqliteDataStore : SqliteRowStore, IDataStore
{
    private readonly WalTruncation _truncation;
    private readonly DataCopy _copy;

    internal SqliteDataStore(StoreFile file, Connection writer, ServerClock clock, ILogger logger)
        : base(file, writer, clock, logger) =>
        (_truncation, _copy) = (new WalTruncation(file, logger), new DataCopy(file));

    /// <inheritdoc/>
    public bool HasJournals => true;

    /// <inheritdoc/>
    public ValueTask<bool> ForgetAsync(CancellationToken ct) => new(Task.Run(() => _truncation.TryRun(ct), ct));

    /// <summary>
    /// Copies the store as it is at one moment into a new file, without its free pages, beside all that is going on. An
    /// erasure waits for the end of it.
    /// </summary>
    /// <param name="path">The file, made with mode 0600; durable on return.</param>
    /// <param name="ct">Cancels; what is there of the file then is of no use.</param>
    /// <exception cref="StoreUnavailableException">The store cannot be read, or the copy not be written.</exception>
    public Task CopyToAsync(string path, CancellationToken ct) => Task.Run(() => _copy.Run(path, ct), ct);
}
