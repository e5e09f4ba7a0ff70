using System.Collections.Immutable;
using KeyRecovery.Service.Accounts;
using KeyRecovery.Service.Errors;

namespace KeyRecovery.Service.Operations;

/// <summary>What the rules say of a repair.</summary>
internal abstract record RepairDecision
{
    private RepairDecision() { }

    /// <summary>It may be written.</summary>
    /// <param name="Next">
    /// The account row after it; of one that was gone, all but whose it is.
    /// </param>
    /// <param name="Author">Who wrote the manifest, where it was not committed before; else null.</param>
    /// <param name="Changes">The items that it changes.</param>
    /// <param name="Trail">What becomes of the trail.</param>
    public sealed record Accepted(
        AccountState Next, AccountAuthority? Author, ImmutableArray<ItemChange> Changes, RepairTrail Trail)
        : RepairDecision
    {
        /// <summary>Whether the manifest names items that this server lost, and the client brings after it.</summary>
        public bool MayLackItems { get; init; }
    }

    /// <summary>It breaks a rule.</summary>
    /// <param name="Failure">Which.</param>
    public sealed record Rejected(ServiceFailure Failure) : RepairDecision;

    internal static Rejected Broken(string field, ProtocolFault fault) =>
        new(ServiceFailure.Refused(field, fault));
}
