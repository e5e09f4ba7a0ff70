using System.Diagnostics;
using KeyRecovery.Service.Stores;
using KeyRecovery.Storage.Sqlite.Connections;
using KeyRecovery.Storage.Sqlite.Telemetry;
using Microsoft.Extensions.Logging;
using static SQLitePCL.raw;

namespace KeyRecovery.Storage.Sqlite.Commits;

/// <summary>
/// Moves the write-ahead log into the database beside the writer. A thread of its own copies the bulk once 1,024 pages
/// (8 MiB) are there; commits go on meanwhile and append. Then the writer itself, between two commits, copies the tail
/// that came during that pass: with nothing left over, the next commit starts the log again from its beginning. So the
/// writer stands still for a tail and not for the bulk, and the log stays near twice the threshold under a load without
/// end.
/// </summary>
internal sealed class Checkpointer : IDisposable
{
    private const int Threshold = 1024;

    private readonly StoreFile _file;
    private readonly ILogger _logger;
    private readonly AutoResetEvent _wake = new(false);
    private readonly Thread _thread;
    private int _written;
    private volatile State _state;
    private volatile bool _closed;

    public Checkpointer(StoreFile file, ILogger logger)
    {
        _file = file;
        _logger = logger;
        _thread = new Thread(Run) { IsBackground = true, Name = "KeyRecovery checkpoints" };
        _thread.Start();
    }

    private enum State
    {
        Idle,
        Copying,
        TailLeft,
    }

    /// <summary>Told by the writer after each commit, on its thread.</summary>
    public void Wrote(int pages, Connection writer)
    {
        _written += pages;
        switch (_state)
        {
            case State.Idle when _written >= Threshold:
                _written = 0;
                _state = State.Copying;
                _wake.Set();
                break;
            case State.TailLeft:
                _written = 0;
                _state = State.Idle;
                Copy(writer);
                break;
        }
    }

    public void Dispose()
    {
        _closed = true;
        _wake.Set();
        _thread.Join();
        _wake.Dispose();
    }

    private void Run()
    {
        Connection? connection = null;
        while (true)
        {
            _wake.WaitOne();
            if (_closed) break;
            try
            {
                connection ??= _file.OpenWriter();
                Copy(connection);
            }
            catch (Exception e) when (e is SqliteFaultException or StoreOpenException)
            {
                // Nothing is lost: the log keeps it, and the next threshold tries again.
                Log.CheckpointFailed(_logger, _file.Role, e);
                connection?.Dispose();
                connection = null;
            }

            _state = State.TailLeft;
        }

        connection?.Dispose();
    }

    private void Copy(Connection connection)
    {
        var started = Stopwatch.GetTimestamp();
        var code = sqlite3_wal_checkpoint_v2(
            connection.Handle, "main", SQLITE_CHECKPOINT_PASSIVE, out var frames, out var copied);
        if (code is not (SQLITE_OK or SQLITE_BUSY)) Log.CheckpointFailed(_logger, _file.Role, connection.Fault(code));
        else Log.Checkpointed(_logger, _file.Role, copied, frames, Stopwatch.GetElapsedTime(started).TotalMilliseconds);
    }
}
