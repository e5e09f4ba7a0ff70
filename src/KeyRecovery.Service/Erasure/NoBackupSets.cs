using KeyRecovery.Service.Keys;

namespace KeyRecovery.Service.Erasure;

/// <summary>A server that makes no backup sets.</summary>
public sealed class NoBackupSets : IBackupSets
{
    /// <summary>The one that is needed.</summary>
    public static NoBackupSets Instance { get; } = new();

    private NoBackupSets() { }

    /// <inheritdoc/>
    public DateTimeOffset? LastHolding(KekId kek) => null;
}
