using System.Collections.Immutable;
using KeyRecovery.Protocol.Wire;

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

    /// <summary>Management keys of new passphrase slots; still the caller's to dispose of.</summary>
    public ImmutableArray<RealmKey> RealmKeys { get; init; } = [];

    /// <summary>Management keys that their realm is known to have taken: older ones go.</summary>
    public ImmutableArray<(AuthorityId Slot, RealmKeyName Key)> TakenRealmKeys { get; init; } = [];
}
