using System.Collections.Immutable;
using KeyRecovery.Protocol.Primitives;
using KeyRecovery.Protocol.Vault;
using KeyRecovery.Protocol.Wire;
using KeyRecovery.Service.Errors;

namespace KeyRecovery.Service.Operations;

/// <summary>What the rules say of a repair.</summary>
internal abstract record RepairDecision
{
    private RepairDecision() { }

    /// <summary>It may be written.</summary>
    /// <param name="Head">The chain's head after it.</param>
    /// <param name="Removed">The devices that the chain removed, the newest last.</param>
    public sealed record Accepted(ChainHead Head, ImmutableArray<(AuthorityId Id, VerifyKey Key)> Removed)
        : RepairDecision;

    /// <summary>It breaks a rule.</summary>
    /// <param name="Failure">Which.</param>
    public sealed record Rejected(ServiceFailure Failure) : RepairDecision;
}
