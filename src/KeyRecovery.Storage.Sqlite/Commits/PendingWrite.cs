using KeyRecovery.Service.Stores;

namespace KeyRecovery.Storage.Sqlite.Commits;

/// <summary>A write that waits for the writer.</summary>
internal sealed class PendingWrite(IReadOnlyList<RowWrite> writes, CancellationToken ct)
{
    // The writer's thread never runs what comes after a write.
    private readonly TaskCompletionSource<WriteResult> _done = new(TaskCreationOptions.RunContinuationsAsynchronously);

    public IReadOnlyList<RowWrite> Writes { get; } = writes;

    public long Bytes { get; } = SizeOf(writes);

    public WriteResult? Result { get; set; }

    public Task<WriteResult> Done => _done.Task;

    /// <summary>True, and over, if the caller has given up before anything was begun.</summary>
    public bool WasCancelled() => ct.IsCancellationRequested && _done.TrySetCanceled(ct);

    public void Complete() => _done.SetResult(Result!);

    private static long SizeOf(IReadOnlyList<RowWrite> writes)
    {
        long bytes = 0;
        foreach (var write in writes)
        {
            bytes += write.Key.Id.Length + write switch
            {
                RowWrite.Create create => create.Value.Length,
                RowWrite.Ensure ensure => ensure.Value.Length,
                RowWrite.Replace replace => replace.Value.Length,
                _ => 0,
            };
        }

        return bytes;
    }
}
