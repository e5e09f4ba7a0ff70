namespace KeyRecovery.Service.Linking;

/// <summary>
/// A session's place in the relay: its state, and whom to wake when that changes. Used under the relay's lock.
/// </summary>
internal sealed class LinkSessionEntry(LinkRelaySession state)
{
    private TaskCompletionSource? _changed;

    public LinkRelaySession State { get; private set; } = state;

    /// <summary>Done with the next change of state, or the session's end.</summary>
    public Task Changed =>
        (_changed ??= new TaskCompletionSource(TaskCreationOptions.RunContinuationsAsynchronously)).Task;

    public void Replace(LinkRelaySession next)
    {
        State = next;
        Wake();
    }

    public void Wake()
    {
        _changed?.SetResult();
        _changed = null;
    }
}
