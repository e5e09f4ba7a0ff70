namespace KeyRecovery.Service.Erasure;

/// <summary>
/// Does something for each of several, so that their writes share commits: all read first, and write when the last has read.
/// (In the key store a read waits for a commit under way; each would wait for the one before it.)
/// </summary>
internal static class SideBySide
{
    /// <param name="items">The several, as many as may share a commit.</param>
    /// <param name="action">Reads, awaits the task that it is given, and writes.</param>
    /// <returns>What came of each, in order. A failure is thrown when all have ended.</returns>
    public static async Task<TResult[]> RunAsync<T, TResult>(IEnumerable<T> items, Func<T, Task, Task<TResult>> action)
    {
        // Its continuations run at once and on this thread: each only puts its write into the queue.
        var haveRead = new TaskCompletionSource();
        var running = items.Select(item => action(item, haveRead.Task)).ToList();
        haveRead.SetResult();
        return await Task.WhenAll(running);
    }
}
