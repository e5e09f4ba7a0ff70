using KeyRecovery.Protocol.Linking;

namespace KeyRecovery.Service.Linking;

/// <summary>
/// Who waits in this process for a change of a session: told at once of what this process writes. What others write
/// is found by looking.
/// </summary>
internal sealed class LinkWakes
{
    private readonly Lock _gate = new();
    private readonly Dictionary<LinkSessionId, List<LinkWatch>> _watches = [];

    /// <summary>Watches a session until it is disposed of.</summary>
    public LinkWatch Watch(LinkSessionId session)
    {
        var watch = new LinkWatch(this, session);
        lock (_gate)
        {
            if (!_watches.TryGetValue(session, out var others)) _watches.Add(session, others = []);
            others.Add(watch);
        }

        return watch;
    }

    /// <summary>Tells that a session has changed.</summary>
    public void Wake(LinkSessionId session)
    {
        lock (_gate)
            foreach (var watch in _watches.GetValueOrDefault(session, [])) watch.Wake();
    }

    /// <summary>Wakes all.</summary>
    public void WakeAll()
    {
        lock (_gate)
            foreach (var watch in _watches.Values.SelectMany(watches => watches)) watch.Wake();
    }

    internal void End(LinkWatch watch)
    {
        lock (_gate)
        {
            var others = _watches[watch.Session];
            others.Remove(watch);
            if (others.Count == 0) _watches.Remove(watch.Session);
        }
    }
}

/// <summary>One who waits.</summary>
internal sealed class LinkWatch(LinkWakes from, LinkSessionId session) : IDisposable
{
    private TaskCompletionSource _changed = New();

    public LinkSessionId Session => session;

    /// <summary>Done with the next change. To be had before one looks, or a change in between goes unseen.</summary>
    public Task Changed => Volatile.Read(ref _changed).Task;

    public void Wake() => Interlocked.Exchange(ref _changed, New()).TrySetResult();

    public void Dispose() => from.End(this);

    private static TaskCompletionSource New() => new(TaskCreationOptions.RunContinuationsAsynchronously);
}
