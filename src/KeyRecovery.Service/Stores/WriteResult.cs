namespace KeyRecovery.Service.Stores;

/// <summary>What became of a write.</summary>
public abstract record WriteResult
{
    private WriteResult() { }

    /// <summary>All steps are done, and durable.</summary>
    public sealed record Written : WriteResult;

    /// <summary>A precondition failed. Nothing was written.</summary>
    /// <param name="Index">The first step whose precondition failed, from 0.</param>
    public sealed record Refused(int Index) : WriteResult;

    /// <summary>
    /// The store could not do it, and acknowledges nothing. After <see cref="StoreFault.Failed"/> the caller reads
    /// before it concludes anything: a device that failed while it flushed may still hold the write.
    /// </summary>
    /// <param name="Reason">Why.</param>
    public sealed record Unavailable(StoreFault Reason) : WriteResult;
}
