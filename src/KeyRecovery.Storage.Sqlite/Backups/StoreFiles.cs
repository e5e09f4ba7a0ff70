using KeyRecovery.Service.Clocks;
using KeyRecovery.Service.Stores;
using KeyRecovery.Storage.Files.Disk;
using KeyRecovery.Storage.Sqlite.Commits;
using KeyRecovery.Storage.Sqlite.Connections;
using KeyRecovery.Storage.Sqlite.Options;
using KeyRecovery.Storage.Sqlite.Stores;
using Microsoft.Extensions.Logging.Abstractions;

namespace KeyRecovery.Storage.Sqlite.Backups;

/// <summary>Single files of a pair, as a restore meets them.</summary>
public static class StoreFiles
{
    private const int Batch = 4096;

    /// <summary>
    /// Writes a key store of rows that a backup carried, durable on return: versions and hours as they were, since
    /// values are sealed with them.
    /// </summary>
    /// <param name="path">Where; what lies there is replaced.</param>
    /// <param name="pairId">16 bytes that the data store carries as well.</param>
    /// <param name="rows">Rows of the key store's tables.</param>
    /// <param name="ct">Cancels; the file is of no use then.</param>
    /// <returns>How many rows.</returns>
    /// <exception cref="StoreUnavailableException">It cannot be written.</exception>
    public static async Task<int> WriteKeysAsync(
        string path, ReadOnlyMemory<byte> pairId, IAsyncEnumerable<Row> rows, CancellationToken ct)
    {
        var file = new StoreFile(new SqliteStoreOptions { Path = path, Journal = JournalProfile.Keys });
        try
        {
            AtomicFile.Destroy(path + "-journal");
            AtomicFile.Destroy(HeldJournal.PathOf(path));
            AtomicFile.Destroy(path);
            PrivateFiles.Touch(path);
            using var connection = file.OpenWriter();
            file.Schema.Create(connection, pairId.Span);
            Schema.SetComplete(connection);
            return await WriteAsync(file, connection, rows, ct).ConfigureAwait(false);
        }
        catch (SqliteFaultException e)
        {
            throw new StoreUnavailableException(e.Reason, $"{path} cannot be written", e);
        }
    }

    /// <summary>
    /// Opens a key store without its data store, to look at its secrets; the caller holds the folder.
    /// </summary>
    /// <exception cref="StoreOpenException">It is no key store, or a newer one.</exception>
    /// <exception cref="StoreUnavailableException">It cannot be read.</exception>
    public static SqliteKeyStore OpenKeys(string path, ServerClock clock)
    {
        PairIdOf(path, JournalProfile.Keys);
        var file = new StoreFile(new SqliteStoreOptions { Path = path, Journal = JournalProfile.Keys });
        try
        {
            return new SqliteKeyStore(file, file.OpenWriter(), clock, NullLogger.Instance);
        }
        catch (SqliteFaultException e)
        {
            throw new StoreUnavailableException(e.Reason, $"{path} cannot be opened", e);
        }
    }

    /// <summary>The id of the pair that a store's file belongs to.</summary>
    /// <exception cref="StoreOpenException">It is missing, no such store, or a newer one.</exception>
    /// <exception cref="StoreUnavailableException">It cannot be read.</exception>
    public static ReadOnlyMemory<byte> PairIdOf(string path, JournalProfile profile)
    {
        var file = new StoreFile(new SqliteStoreOptions { Path = path, Journal = profile });
        try
        {
            if (!file.HasContent) throw Throw.NotOurs(path, file.Role);
            using var connection = file.OpenBare();
            return file.Schema.Identify(connection, path) ?? throw Throw.NotOurs(path, file.Role);
        }
        catch (SqliteFaultException e)
        {
            throw new StoreUnavailableException(e.Reason, $"{path} cannot be read", e);
        }
    }

    /// <summary>The move that has left a store's file; null where there is none, and where nobody can tell.</summary>
    internal static MoveMark? MoveOf(string path, JournalProfile profile)
    {
        var file = new StoreFile(new SqliteStoreOptions { Path = path, Journal = profile });
        try
        {
            if (!file.HasContent) return null;
            using var connection = file.OpenBare();
            return file.Schema.Identify(connection, path) is null ? null : Schema.MoveOf(connection);
        }
        catch (Exception e) when (e is SqliteFaultException or StoreOpenException or InvalidDataException)
        {
            return null;
        }
    }

    private static async Task<int> WriteAsync(
        StoreFile file, Connection connection, IAsyncEnumerable<Row> rows, CancellationToken ct)
    {
        var count = 0;
        var steps = new RowSteps(connection, hour: 0);
        connection.Begin.Run();
        await foreach (var row in rows.WithCancellation(ct).ConfigureAwait(false))
        {
            if (!file.Schema.Holds(row.Key.Table)) throw Throw.ForeignTable(row.Key.Table);
            if (steps.Do([new RowWrite.Import(row)]) is not WriteResult.Written)
                throw new StoreUnavailableException(
                    StoreFault.Failed, $"{file.Options.Path} was given a row of {row.Key.Table} twice");
            if (++count % Batch != 0) continue;
            Commit(file, connection);
            connection.Begin.Run();
        }

        Commit(file, connection);
        return count;
    }

    private static void Commit(StoreFile file, Connection connection)
    {
        using var journal = new HeldJournal(file.Options.Path);
        journal.Hold();
        connection.Commit.Run();
    }
}
