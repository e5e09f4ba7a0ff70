namespace KeyRecovery.Service.Erasure;

/// <summary>Keeps no list: for tools that only look, and for stores that nobody restores.</summary>
public sealed class NoTombstones : ITombstones
{
    /// <summary>The one that is needed.</summary>
    public static NoTombstones Instance { get; } = new();

    private NoTombstones() { }

    /// <inheritdoc/>
    public ValueTask AppendAsync(IReadOnlyCollection<Hash256> tombstones, CancellationToken ct) => default;

    /// <inheritdoc/>
    public ValueTask<IReadOnlySet<Hash256>> ReadAsync(CancellationToken ct) => new(new HashSet<Hash256>());
}
