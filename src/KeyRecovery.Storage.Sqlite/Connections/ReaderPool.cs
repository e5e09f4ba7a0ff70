using KeyRecovery.Service.Stores;
using KeyRecovery.Storage.Sqlite.Telemetry;
using Microsoft.Extensions.Logging;

namespace KeyRecovery.Storage.Sqlite.Connections;

/// <summary>
/// Connections that only read, each with its prepared statements. A read is synchronous and ends its transaction
/// before it returns, so there are never more of them in use than threads.
/// </summary>
internal sealed class ReaderPool(StoreFile file, CommitGate gate, ILogger logger) : IDisposable
{
    private static readonly int Kept = Math.Max(4, Environment.ProcessorCount * 2);

    private readonly Stack<Connection> _idle = new();
    private readonly Lock _lock = new();
    private bool _closed;

    /// <summary>
    /// Runs <paramref name="read"/> on a connection of its own. It must have reset its statement when it returns.
    /// </summary>
    /// <exception cref="StoreUnavailableException">SQLite could not answer.</exception>
    public TResult Read<TState, TResult>(TState state, Func<Connection, TState, TResult> read)
    {
        Connection? connection = null;
        try
        {
            TResult result;
            using (gate.EnterRead())
            {
                connection = Rent();
                result = read(connection, state);
            }

            Return(connection);
            return result;
        }
        catch (Exception e)
        {
            connection?.Dispose();
            if (e is not (SqliteFaultException or StoreOpenException)) throw;
            Log.ReadFailed(logger, file.Role, e);
            var reason = (e as SqliteFaultException)?.Reason ?? StoreFault.Failed;
            throw new StoreUnavailableException(reason, $"the {file.Role} cannot be read", e);
        }
    }

    public void Dispose()
    {
        lock (_lock)
        {
            _closed = true;
            while (_idle.TryPop(out var connection)) connection.Dispose();
        }
    }

    private Connection Rent()
    {
        lock (_lock)
        {
            ObjectDisposedException.ThrowIf(_closed, this);
            if (_idle.TryPop(out var connection)) return connection;
        }

        return file.OpenReader();
    }

    private void Return(Connection connection)
    {
        lock (_lock)
        {
            if (!_closed && _idle.Count < Kept)
            {
                _idle.Push(connection);
                return;
            }
        }

        connection.Dispose();
    }
}
