using System.Collections.Immutable;

namespace KeyRecovery;

/// <summary>A revocation that is done.</summary>
/// <param name="Plan">What was done at last: <see cref="RevocationPlan.Goes"/> are locked out now.</param>
/// <param name="Epoch">The epoch since then: what is stored from now on nobody removed can open.</param>
public sealed record Revocation(RevocationPlan Plan, ulong Epoch)
{
    /// <summary>Who is locked out now.</summary>
    public ImmutableArray<AuthorityId> Removed => Plan.Remove;

    /// <summary>
    /// Why <see cref="RevocationRequest.NewCode"/> was not added: an account that had to go back to an earlier state
    /// takes it in a commit of its own. Null when all is well.
    /// </summary>
    public ClientFailure? NewCodeFailed { get; init; }
}
