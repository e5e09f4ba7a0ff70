namespace KeyRecovery.Protocol.Vault;

/// <summary>A step of the path that leaves epochs off.</summary>
/// <param name="Epoch">The epoch that the step leaves.</param>
/// <param name="Previous">The one that it leads to: not the one before it.</param>
public readonly record struct EpochStep(ulong Epoch, ulong Previous)
{
    internal static Comparer<EpochStep> ByEpoch { get; } =
        Comparer<EpochStep>.Create(static (a, b) => a.Epoch.CompareTo(b.Epoch));
}
