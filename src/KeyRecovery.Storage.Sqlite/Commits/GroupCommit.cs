using System.Diagnostics;
using KeyRecovery.Service.Clocks;
using KeyRecovery.Service.Stores;
using KeyRecovery.Storage.Sqlite.Connections;
using KeyRecovery.Storage.Sqlite.Options;
using KeyRecovery.Storage.Sqlite.Telemetry;
using Microsoft.Extensions.Logging;

namespace KeyRecovery.Storage.Sqlite.Commits;

/// <summary>
/// The one writer of a file: a thread that takes all writes that wait, applies them in one transaction, commits, and
/// only then answers. It does no cryptography and waits for nobody but the disk.
/// </summary>
internal sealed class GroupCommit : IDisposable
{
    private readonly StoreFile _file;
    private readonly CommitGate _gate;
    private readonly ServerClock _clock;
    private readonly ILogger _logger;
    private readonly WriteQueue _queue;
    private readonly Checkpointer? _checkpointer;
    private readonly KeyValuePair<string, object?> _tag;
    private readonly TaskCompletionSource _ended = new(TaskCreationOptions.RunContinuationsAsynchronously);
    private Connection? _connection;
    private StoreFault? _fault;

    public GroupCommit(StoreFile file, Connection connection, CommitGate gate, ServerClock clock, ILogger logger)
    {
        _file = file;
        _connection = connection;
        _gate = gate;
        _clock = clock;
        _logger = logger;
        _queue = new WriteQueue(file.Options);
        _tag = StoreMeter.Tag(file.Options.Journal);
        if (file.Options.Journal == JournalProfile.Data) _checkpointer = new Checkpointer(file, logger);
        new Thread(Run) { IsBackground = true, Name = $"KeyRecovery {file.Role} writer" }.Start();
    }

    public ValueTask<WriteResult> WriteAsync(IReadOnlyList<RowWrite> writes, CancellationToken ct)
    {
        if (ct.IsCancellationRequested) return ValueTask.FromCanceled<WriteResult>(ct);
        var write = new PendingWrite(writes, ct);
        if (_queue.TryAdd(write)) return new ValueTask<WriteResult>(write.Done);
        return ValueTask.FromResult<WriteResult>(new WriteResult.Unavailable(0, StoreFault.Busy));
    }

    /// <summary>Lets nothing more in, and ends when all that waited is answered.</summary>
    public Task DrainAsync()
    {
        _queue.Close();
        return _ended.Task;
    }

    /// <summary>After <see cref="DrainAsync"/>: empties the log into the file and closes it.</summary>
    public void Dispose()
    {
        _checkpointer?.Dispose();
        try
        {
            // The last connection to close would do it too, but would not say if it failed.
            if (_checkpointer is not null) _connection?.Execute("PRAGMA wal_checkpoint(TRUNCATE)");
        }
        catch (SqliteFaultException e)
        {
            Log.CheckpointFailed(_logger, _file.Role, e);
        }

        _connection?.Dispose();
    }

    private void Run()
    {
        List<PendingWrite> batch = [];
        while (_queue.Take(batch))
        {
            if (batch.Count > 0) Commit(batch);
            foreach (var write in batch) write.Complete();
            batch.Clear();
        }

        _ended.SetResult();
    }

    private void Commit(List<PendingWrite> batch)
    {
        var journal = new HeldJournal(_file.Options.Path);
        try
        {
            _connection ??= _file.OpenWriter();
            // A sweep goes by how old rows are: by no clock that was set back is one old when it is new.
            var hour = (long)(_clock.Now.Latest / 3600);
            var began = Stopwatch.GetTimestamp();
            _connection.Begin.Run();
            var steps = new RowSteps(_connection, hour);
            foreach (var write in batch) write.Result = steps.Do(write.Writes);
            if (steps.TouchedKeys) journal.Hold();
            using (_gate.EnterCommit()) _connection.Commit.Run();
            StoreMeter.Committed(batch.Count, Stopwatch.GetElapsedTime(began), _tag);
            Resumed();
        }
#pragma warning disable CA1031 // Whatever it is, the writer lives on and its callers get an answer.
        catch (Exception e)
#pragma warning restore CA1031
        {
            Try(journal.Hold);
            Failed(batch, e);
            return;
        }
        finally
        {
            // SQLite has deleted it by now: behind the commit, or behind what a failed one rolled back.
            Try(journal.Dispose);
        }

        _checkpointer?.Wrote(_connection.TakePagesWritten(), _connection);
    }

    private void Try(Action journal)
    {
        try
        {
            if (_file.HoldsKeys) journal();
        }
        catch (Exception e) when (e is IOException or UnauthorizedAccessException)
        {
            Log.JournalNotOverwritten(_logger, _file.Role, e);
        }
    }

    private void Failed(List<PendingWrite> batch, Exception e)
    {
        var reason = (e as SqliteFaultException)?.Reason ?? StoreFault.Failed;
        if (_fault != reason) Log.WritesFail(_logger, _file.Role, reason, batch.Count, e);
        _fault = reason;
        foreach (var write in batch) write.Result = new WriteResult.Unavailable(0, reason);
        // Rolls back. A new connection looks at the file afresh: it may have been put right, or replaced.
        _connection?.Dispose();
        _connection = null;
    }

    private void Resumed()
    {
        if (_fault is null) return;
        Log.WritesResume(_logger, _file.Role);
        _fault = null;
    }
}
