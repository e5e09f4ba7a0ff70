using KeyRecovery.Service.Stores;
using KeyRecovery.Storage.Sqlite.Connections;
using Microsoft.Extensions.Logging;

namespace KeyRecovery.Storage.Sqlite;

/// <summary>The data store in an SQLite file with a write-ahead log: one flush a commit, readers that never wait.</summary>
public sealed class SqliteDataStore : SqliteRowStore, IDataStore
{
    internal SqliteDataStore(StoreFile file, Connection writer, TimeProvider time, ILogger logger)
        : base(file, writer, time, logger) { }
}
