namespace KeyRecovery.Service.Stores;

/// <summary>
/// What became of a write. After <see cref="Refused"/> and <see cref="Unavailable"/> the caller plans anew from fresh
/// reads: a refusal may be its own write, of which the answer was lost.
/// </summary>
public abstract record WriteResult
{
    private WriteResult() { }

    /// <summary>All steps are done, and durable.</summary>
    public sealed record Written : WriteResult;

    /// <summary>
    /// A precondition failed: the steps before it are done and durable, this one and those behind it are not.
    /// </summary>
    /// <param name="Index">The step whose precondition failed, from 0.</param>
    public sealed record Refused(int Index) : WriteResult;

    /// <summary>
    /// The store could not do it. The steps before <paramref name="Index"/> are done and durable; that step
    /// <em>may</em> be, and on a store that commits the steps of a call together so may those behind it. Only after
    /// <see cref="StoreFault.Busy"/> and <see cref="StoreFault.Full"/> is it certain that it is not.
    /// </summary>
    /// <param name="Index">The step that the store could not do, from 0.</param>
    /// <param name="Reason">Why.</param>
    public sealed record Unavailable(int Index, StoreFault Reason) : WriteResult;
}
