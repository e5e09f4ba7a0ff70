using System.Collections.Immutable;

namespace KeyRecovery.Protocol.Vault;

/// <summary>What a commit changes in the manifest.</summary>
public sealed record ManifestChange
{
    /// <summary>Items that are new or changed, with their sealed entry and their note.</summary>
    public ImmutableArray<(ManifestItem Entry, ItemNote Note)> Put { get; init; } = [];

    /// <summary>Items that go.</summary>
    public ImmutableArray<ItemId> Delete { get; init; } = [];

    /// <summary>Notes of authorities that are new or changed.</summary>
    public ImmutableArray<AuthorityNote> Notes { get; init; } = [];
}
