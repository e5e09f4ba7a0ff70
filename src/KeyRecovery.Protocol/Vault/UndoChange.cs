using System.Collections.Immutable;

namespace KeyRecovery.Protocol.Vault;

/// <summary>
/// What an undo makes of the items (docs/protocol.md §5). An item that stands in none of the lists is left out.
/// </summary>
public sealed record UndoChange
{
    /// <summary>Items that stay as the manifest before has them, each with the name that is told for it.</summary>
    public ImmutableArray<ItemNote> Keep { get; init; } = [];

    /// <summary>Items that become what the base has, each with the name that is told for it.</summary>
    public ImmutableArray<ItemNote> Return { get; init; } = [];

    /// <summary>
    /// Items whose content is put again or is new, sealed in the epoch that the link begins; the entry's version is
    /// <see cref="ManifestItem.NextVersion"/>, and the item's header names <see cref="ManifestItem.PreviousOf"/>.
    /// </summary>
    public ImmutableArray<(ManifestItem Entry, ItemNote Note)> Put { get; init; } = [];

    /// <summary>Notes of authorities that are told in place of the base's.</summary>
    public ImmutableArray<AuthorityNote> Notes { get; init; } = [];
}
