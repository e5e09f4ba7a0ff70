using KeyRecovery.Storage.Sqlite.Options;
using KeyRecovery.Storage.Sqlite.Telemetry;

namespace KeyRecovery.Storage.Sqlite.Commits;

/// <summary>
/// The bounded queue before the writer. What does not fit is refused at once instead of filling the memory.
/// </summary>
internal sealed class WriteQueue(SqliteStoreOptions options)
{
    private readonly Queue<PendingWrite> _waiting = new();
    private readonly KeyValuePair<string, object?> _tag = StoreMeter.Tag(options.Journal);
    private long _bytes;
    private bool _closed;

    /// <summary>False if the queue is full.</summary>
    /// <exception cref="ObjectDisposedException">The store is closed.</exception>
    public bool TryAdd(PendingWrite write)
    {
        lock (_waiting)
        {
            ObjectDisposedException.ThrowIf(_closed, this);
            if (_waiting.Count >= options.QueueLimit) return false;
            if (_waiting.Count > 0 && _bytes + write.Bytes > options.QueueBytes) return false;
            _waiting.Enqueue(write);
            _bytes += write.Bytes;
            StoreMeter.Queued(1, _tag);
            if (_waiting.Count == 1) Monitor.Pulse(_waiting);
            return true;
        }
    }

    /// <summary>
    /// Waits for a write and takes all that is there, up to a batch; false when the queue is closed and empty. Nothing
    /// is waited for beyond the first: while one commit is flushed, the next batch gathers by itself.
    /// </summary>
    public bool Take(List<PendingWrite> batch)
    {
        lock (_waiting)
        {
            while (_waiting.Count == 0)
            {
                if (_closed) return false;
                Monitor.Wait(_waiting);
            }

            long bytes = 0;
            while (batch.Count < options.BatchLimit && bytes < options.BatchBytes && _waiting.TryDequeue(out var write))
            {
                _bytes -= write.Bytes;
                StoreMeter.Queued(-1, _tag);
                if (write.WasCancelled()) continue;
                bytes += write.Bytes;
                batch.Add(write);
            }

            return true;
        }
    }

    /// <summary>Lets nothing more in; what waits is still written.</summary>
    public void Close()
    {
        lock (_waiting)
        {
            _closed = true;
            Monitor.PulseAll(_waiting);
        }
    }
}
