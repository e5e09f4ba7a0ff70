using KeyRecovery.Service.Stores;
using KeyRecovery.Storage.Sqlite.Connections;
using KeyRecovery.Storage.Sqlite.Telemetry;
using Microsoft.Extensions.Logging;
using static SQLitePCL.raw;

namespace KeyRecovery.Storage.Sqlite.Commits;

/// <summary>
/// Empties the write-ahead log, which holds every page that was deleted until this returns 0|0|0 (busy, frames,
/// copied): one reader of an older state prevents it. On a connection of its own: first a passive pass, beside the
/// writer, takes the bulk; only then, for the tail, the writer is held up.
/// </summary>
internal sealed class WalTruncation(StoreFile file, ILogger logger)
{
    private const int Attempts = 20;

    /// <summary>How long the writer may stand still for one attempt, in milliseconds.</summary>
    private const int Patience = 10;

    private readonly Lock _lock = new();

    public bool TryRun(CancellationToken ct)
    {
        lock (_lock)
        {
            try
            {
                using var connection = file.OpenWriter();
                connection.Execute($"PRAGMA busy_timeout={Patience}");
                for (var attempt = 0; attempt < Attempts; attempt++)
                {
                    ct.ThrowIfCancellationRequested();
                    if (Checkpoint(connection, SQLITE_CHECKPOINT_PASSIVE, out _, out _)
                        && Checkpoint(connection, SQLITE_CHECKPOINT_TRUNCATE, out var frames, out var copied)
                        && frames == 0 && copied == 0) return true;
                    ct.WaitHandle.WaitOne(Patience);
                }

                return false;
            }
            catch (Exception e) when (e is SqliteFaultException or StoreOpenException)
            {
                Log.CheckpointFailed(logger, file.Role, e);
                throw new StoreUnavailableException(
                    (e as SqliteFaultException)?.Reason ?? StoreFault.Failed, "the journals cannot be emptied", e);
            }
        }
    }

    private static bool Checkpoint(Connection connection, int mode, out int frames, out int copied)
    {
        var code = sqlite3_wal_checkpoint_v2(connection.Handle, "main", mode, out frames, out copied);
        if (code is not (SQLITE_OK or SQLITE_BUSY)) throw connection.Fault(code);
        return code == SQLITE_OK;
    }
}
