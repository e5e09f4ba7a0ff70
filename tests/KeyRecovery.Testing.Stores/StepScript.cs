namespace KeyRecovery.Testing.Stores;

/// <summary>
/// What befalls a process between two steps of its writes, counted over both stores from the moment that it is armed:
/// the process dies, an answer is lost, or the process stands still and goes on much later.
/// </summary>
public sealed class StepScript
{
    private readonly TaskCompletionSource _thaw = new(TaskCreationOptions.RunContinuationsAsynchronously);
    private readonly Lock _lock = new();
    private StepFate _fate;
    private int _at;
    private int _done;

    /// <summary>Steps done since it was armed.</summary>
    public int Steps => _done;

    /// <summary>Whether its time has come.</summary>
    public bool HasStruck { get; private set; }

    /// <summary>Completes when the process has come to stand still.</summary>
    public TaskCompletionSource Frozen { get; } = new(TaskCreationOptions.RunContinuationsAsynchronously);

    /// <summary>A script that strikes at a step.</summary>
    /// <param name="fate">What befalls the process.</param>
    /// <param name="at">After which step, from 1; for <see cref="StepFate.Frozen"/> before which, so 1 stands still at
    /// once.</param>
    public static StepScript Of(StepFate fate, int at) => new() { _fate = fate, _at = at };

    /// <summary>Lets a frozen process go on.</summary>
    public void Thaw() => _thaw.TrySetResult();

    /// <summary>Before a step.</summary>
    internal async ValueTask BeforeAsync()
    {
        lock (_lock)
        {
            if (_fate == StepFate.Cut && HasStruck) throw new ProcessDiedException();
            // Of steps that are done side by side some begin before others have ended: none is passed over.
            if (_fate != StepFate.Frozen || HasStruck || _done + 1 < _at) return;
            HasStruck = true;
        }

        Frozen.TrySetResult();
        await _thaw.Task;
    }

    /// <summary>After a step that was done. True where its answer is lost.</summary>
    internal bool After()
    {
        lock (_lock)
        {
            if (++_done != _at || HasStruck || _fate == StepFate.Frozen) return false;
            HasStruck = true;
            return _fate == StepFate.AnswerLost ? true : throw new ProcessDiedException();
        }
    }

    /// <summary>Before a read: a process that died reads nothing.</summary>
    internal void Read()
    {
        if (_fate == StepFate.Cut && HasStruck) throw new ProcessDiedException();
    }
}

/// <summary>What befalls a process.</summary>
public enum StepFate
{
    /// <summary>It dies.</summary>
    Cut,

    /// <summary>The step is done, and the store says that it could not.</summary>
    AnswerLost,

    /// <summary>It stands still, and goes on when others have done what they like.</summary>
    Frozen,
}

/// <summary>The process died in the middle of a write.</summary>
public sealed class ProcessDiedException : Exception
{
    /// <summary>Makes the exception.</summary>
    public ProcessDiedException() : base("the process died between two steps") { }

    /// <summary>Makes the exception.</summary>
    public ProcessDiedException(string message) : base(message) { }

    /// <summary>Makes the exception.</summary>
    public ProcessDiedException(string message, Exception innerException) : base(message, innerException) { }
}
