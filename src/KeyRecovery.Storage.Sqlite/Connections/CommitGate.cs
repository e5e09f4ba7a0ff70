using KeyRecovery.Storage.Sqlite.Options;

namespace KeyRecovery.Storage.Sqlite.Connections;

/// <summary>
/// Where the key store's readers and its writer meet. With a rollback journal a commit holds SQLite's exclusive lock
/// until the journal is deleted; a reader that runs into it gets SQLITE_BUSY and SQLite's own answer is to sleep for
/// milliseconds and ask again. All connections are of this process (the folder's lock sees to it), so the two meet
/// here instead: a reader spins, then sleeps, until the one commit under way is done, and is woken at that moment; the
/// writer waits for reads that have begun, some microseconds each. With a write-ahead log nobody waits at all.
/// </summary>
internal sealed class CommitGate(JournalProfile profile)
{
    private readonly ReaderWriterLockSlim? _lock = profile == JournalProfile.Keys ? new() : null;

    public Pass EnterRead()
    {
        _lock?.EnterReadLock();
        return new Pass(_lock, commit: false);
    }

    public Pass EnterCommit()
    {
        _lock?.EnterWriteLock();
        return new Pass(_lock, commit: true);
    }

    public readonly ref struct Pass(ReaderWriterLockSlim? held, bool commit)
    {
        public void Dispose()
        {
            if (commit) held?.ExitWriteLock();
            else held?.ExitReadLock();
        }
    }
}
