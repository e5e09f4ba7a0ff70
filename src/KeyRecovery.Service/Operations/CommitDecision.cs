using System.Collections.Immutable;
using KeyRecovery.Service.Accounts;
using KeyRecovery.Service.Errors;

namespace KeyRecovery.Service.Operations;

/// <summary>What the rules say of a commit.</summary>
public abstract record CommitDecision
{
    private CommitDecision() { }

    /// <summary>It may be written.</summary>
    /// <param name="Next">The account row after it.</param>
    /// <param name="Changes">The items that it changes; their bytes are checked separately.</param>
    public sealed record Accepted(AccountState Next, ImmutableArray<ItemChange> Changes) : CommitDecision;

    /// <summary>It breaks a rule.</summary>
    /// <param name="Failure">Which.</param>
    public sealed record Rejected(ServiceFailure Failure) : CommitDecision;
}
