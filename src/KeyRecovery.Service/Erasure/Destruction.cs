using System.Collections.Immutable;
using KeyRecovery.Service.Stores;

namespace KeyRecovery.Service.Erasure;

/// <summary>
/// What is next in the destruction of an account's key, as <see cref="DestructionPlanner"/> has read it.
/// </summary>
internal abstract record Destruction
{
    private Destruction() { }

    /// <summary>There is no such account.</summary>
    public sealed record NoAccount : Destruction;

    /// <summary>The key is destroyed; what is left to do is the finisher's.</summary>
    public sealed record Done : Destruction;

    /// <summary>Somebody has cancelled what was asked for.</summary>
    public sealed record Cancelled : Destruction;

    /// <summary>The account is under a legal hold: what was asked for waits.</summary>
    public sealed record Held : Destruction;

    /// <summary>The asker no longer stands in the chain, or somebody uses an account that was to go because nobody did:
    /// these writes call it off.</summary>
    public sealed record AskerGone(ImmutableArray<RowWrite> Writes) : Destruction;

    /// <summary>These writes destroy the key, in this order.</summary>
    /// <param name="Writes">Plan, erasure row, key row, the user's row at the realm, shares.</param>
    /// <param name="PointOfNoReturn">Which of them is the key row's tombstone.</param>
    /// <param name="Authorities">Whose link sessions end with it.</param>
    public sealed record Write(
        ImmutableArray<RowWrite> Writes, int PointOfNoReturn, ImmutableArray<AuthorityId> Authorities) : Destruction;
}

/// <summary>What came of an attempt to destroy an account's key.</summary>
internal enum DestroyOutcome
{
    /// <summary>It is destroyed: by this attempt, or it was before.</summary>
    Destroyed,

    /// <summary>There is no such account.</summary>
    NoAccount,

    /// <summary>The asker was removed: nothing was done, and nothing will be.</summary>
    AskerGone,

    /// <summary>Somebody has cancelled it.</summary>
    Cancelled,

    /// <summary>The account is under a legal hold: nothing was done, and it waits.</summary>
    Held,

    /// <summary>The job's line names another account, or none: nothing was done.</summary>
    ClaimLost,
}
