using KeyRecovery.Service.Stores;
using KeyRecovery.Storage.Sqlite.Commits;
using KeyRecovery.Storage.Sqlite.Connections;
using Microsoft.Extensions.Logging;

namespace KeyRecovery.Storage.Sqlite;

/// <summary>The data store in an SQLite file with a write-ahead log: one flush a commit, readers that never wait.</summary>
public sealed class SqliteDataStore : SqliteRowStore, IDataStore
{
    private readonly WalTruncation _truncation;

    internal SqliteDataStore(StoreFile file, Connection writer, TimeProvider time, ILogger logger)
        : base(file, writer, time, logger) => _truncation = new WalTruncation(file, logger);

    /// <inheritdoc/>
    public ValueTask<bool> ForgetAsync(CancellationToken ct) => new(Task.Run(() => _truncation.TryRun(ct), ct));
}
