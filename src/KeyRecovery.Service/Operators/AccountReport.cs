using System.Collections.Immutable;
using KeyRecovery.Service.Erasure;

namespace KeyRecovery.Service.Operators;

/// <summary>
/// What an app's operators are told of an account: how it stands and how much there is, no name and no authority's id.
/// </summary>
/// <param name="Account">The account.</param>
/// <param name="State">How it stands.</param>
public sealed record AccountReport(AccountId Account, ReportedState State)
{
    /// <summary>Since when it is suspended, in seconds since 1970; null where it is not.</summary>
    public ulong? SuspendedSince { get; init; }

    /// <summary>Since when it is under a legal hold, in seconds since 1970; null where it is not.</summary>
    public ulong? HeldSince { get; init; }

    /// <summary>The erasure that was asked for; null where none was.</summary>
    public ErasureStatus? Erasure { get; init; }

    /// <summary>How many authorities of each kind are active; empty where the data are lost.</summary>
    public ImmutableSortedDictionary<AuthorityKind, int> Authorities { get; init; } =
        ImmutableSortedDictionary<AuthorityKind, int>.Empty;

    /// <summary>The sealed sizes of the current items together, in bytes.</summary>
    public long LiveBytes { get; init; }

    /// <summary>The sealed sizes of the older versions that are kept, in bytes.</summary>
    public long KeptBytes { get; init; }

    /// <summary>The sealed sizes of the items that no commit names yet, in bytes.</summary>
    public long StagedBytes { get; init; }

    /// <summary>The day (UTC) on which it was made; null once it is erased.</summary>
    public DateOnly? CreatedOn { get; init; }

    /// <summary>
    /// The newest day (UTC) on which a device or slot of it was let in; null where that is not known, and once it is
    /// erased.
    /// </summary>
    public DateOnly? UsedOn { get; init; }

    /// <summary>The day (UTC) on which its app was warned that nobody uses it; null where it was not.</summary>
    public DateOnly? WarnedOn { get; init; }

    /// <summary>The day (UTC) before which it is not erased for that; null where its app was not warned.</summary>
    public DateOnly? ErasableOn { get; init; }

    /// <summary>The day (UTC) of its newest change; null where that is not known.</summary>
    public DateOnly? ChangedOn { get; init; }
}
