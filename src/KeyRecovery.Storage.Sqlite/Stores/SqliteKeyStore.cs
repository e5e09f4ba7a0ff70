using KeyRecovery.Service.Clocks;
using KeyRecovery.Service.Stores;
using KeyRecovery.Storage.Sqlite.Connections;
using Microsoft.Extensions.Logging;

namespace KeyRecovery.Storage.Sqlite.Stores;

/// <summary>
/// The key store in an SQLite file with a rollback journal: what is deleted is overwritten, and in no file once the
/// write is acknowledged. A read waits at most for the commit that is under way.
/// </summary>
public sealed class SqliteKeyStore : SqliteRowStore, IKeyStore
{
    internal SqliteKeyStore(StoreFile file, Connection writer, ServerClock clock, ILogger logger)
        : base(file, writer, clock, logger) { }
}
