using System.Collections.Immutable;

namespace KeyRecovery;

/// <summary>To which state an account is to return, and who goes with what was done since.</summary>
/// <param name="Point">The state.</param>
public sealed record UndoRequest(RestorePointInfo Point)
{
    /// <summary>
    /// Who goes, and what they wrote and deleted since with them. Default: the authority before whose first change the
    /// point stands, whoever wrote what does not open, and what these added.
    /// </summary>
    public ImmutableArray<AuthorityId> Remove { get; init; }

    /// <summary>Who goes as well, for example a phone that was lost: what it wrote stays.</summary>
    public ImmutableArray<AuthorityId> AlsoRemove { get; init => field = value.IsDefault ? [] : value; } = [];

    /// <summary>
    /// Whether every item returns. As a rule only what the removed ones wrote or deleted does, and what others wrote
    /// since stays.
    /// </summary>
    public bool Everything { get; init; }
}
