using KeyRecovery.Service.Stores;

namespace KeyRecovery.Testing.Stores;

/// <summary>
/// What befalls a process between two steps of its writes, counted over both stores from the moment that it is armed:
/// the process dies or stands still and goes on much later, an answer is lost, or a store cannot do a step.
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

    /// <summary>Whether the steps behind the one whose answer is lost are done.</summary>
    internal bool DoesRest => _fate == StepFate.CallDone;

    private StoreFault? Fault => _fate switch
    {
        StepFate.NotDone => StoreFault.Failed, StepFate.Busy => StoreFault.Busy, StepFate.Full => StoreFault.Full,
        _ => null,
    };

    private bool IsBefore => _fate == StepFate.Frozen || Fault is not null;

    /// <summary>Completes when the process has come to stand still.</summary>
    public TaskCompletionSource Frozen { get; } = new(TaskCreationOptions.RunContinuationsAsynchronously);

    /// <summary>A script that strikes at a step.</summary>
    /// <param name="fate">What befalls the process.</param>
    /// <param name="at">After which step, from 1; before which, where it stands still or the step is not done.</param>
    public static StepScript Of(StepFate fate, int at) => new() { _fate = fate, _at = at };

    /// <summary>Lets a frozen process go on.</summary>
    public void Thaw() => _thaw.TrySetResult();

    /// <summary>Before a step. Why the store does not do it, where that is its fate.</summary>
    internal async ValueTask<StoreFault?> BeforeAsync()
    {
        lock (_lock)
        {
            if (_fate == StepFate.Cut && HasStruck) throw new ProcessDiedException();
            // Of steps that are done side by side some begin before others have ended: none is passed over.
            if (!IsBefore || HasStruck || _done + 1 < _at) return null;
            HasStruck = true;
        }

        if (Fault is { } fault) return fault;
        Frozen.TrySetResult();
        await _thaw.Task;
        return null;
    }

    /// <summary>After a step that was done. True where its answer is lost.</summary>
    internal bool After()
    {
        lock (_lock)
        {
            if (++_done != _at || HasStruck || IsBefore) return false;
            HasStruck = true;
            return _fate != StepFate.Cut ? true : throw new ProcessDiedException();
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

    /// <summary>The step is not done, and the store cannot say so for certain.</summary>
    NotDone,

    /// <summary>
    /// The whole call is done, and the store says that it could not do the step: what commits all steps of a call
    /// together, as SQLite does.
    /// </summary>
    CallDone,

    /// <summary>The step is not done, since too many wait.</summary>
    Busy,

    /// <summary>The step is not done, since no space is left.</summary>
    Full,
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
