using KeyRecovery.Service.Stores;
using KeyRecovery.Storage.Files.Disk;
using KeyRecovery.Storage.Sqlite.Connections;
using static SQLitePCL.raw;

namespace KeyRecovery.Storage.Sqlite.Stores;

/// <summary>
/// A copy by <c>VACUUM INTO</c>, on a connection of its own. SQLite's backup API would copy free pages too, and begin
/// anew with every commit.
/// </summary>
internal sealed class DataCopy(StoreFile file)
{
    public void Run(string path, CancellationToken ct)
    {
        try
        {
            // SQLite takes an empty file for a new one, and leaves it its mode.
            PrivateFiles.Touch(path);
            using var connection = file.OpenWriter();
            using (ct.Register(() => sqlite3_interrupt(connection.Handle)))
            using (var statement = new Statement(connection, "VACUUM INTO ?1"))
                statement.Bind(1, path).Run();
            // It does not flush what it makes.
            using var copy = PrivateFiles.Open(path, FileMode.Open, FileShare.Read);
            copy.Flush(flushToDisk: true);
        }
        catch (SqliteFaultException e)
        {
            ct.ThrowIfCancellationRequested();
            throw new StoreUnavailableException(e.Reason, $"the data store cannot be copied to {path}", e);
        }
    }
}
