using System.Collections.Immutable;
using KeyRecovery.Protocol.Wire;

namespace KeyRecovery.Testing;

/// <summary>
/// What one commit of a <see cref="TestAccount"/> does; an empty change writes a manifest and nothing else.
/// </summary>
public sealed record AccountChange
{
    /// <summary>Whom its link adds.</summary>
    public ImmutableArray<TestAuthority> Add { get; init; } = [];

    /// <summary>Whom its link removes.</summary>
    public ImmutableArray<TestAuthority> Remove { get; init; } = [];

    /// <summary>Whether a link begins an epoch although it removes nobody.</summary>
    public bool Mend { get; init; }

    /// <summary>Items that are written.</summary>
    public ImmutableArray<(ItemId Id, byte[] Content)> Put { get; init; } = [];

    /// <summary>Items that go.</summary>
    public ImmutableArray<ItemId> Delete { get; init; } = [];

    /// <summary>Whether there is a link.</summary>
    public bool HasLink => Mend || Add.Length + Remove.Length != 0;
}
