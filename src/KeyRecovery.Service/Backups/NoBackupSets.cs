using KeyRecovery.Service.Keys;

namespace KeyRecovery.Service.Backups;

/// <summary>A server that makes no backup sets.</summary>
public sealed class NoBackupSets : IBackupSets
{
    /// <summary>The one that is needed.</summary>
    public static NoBackupSets Instance { get; } = new();

    private NoBackupSets() { }

    /// <inheritdoc/>
    public ValueTask AddAsync(BackupSetId set, KekId lowest, DateTimeOffset expiresAt, CancellationToken ct) =>
        throw new NotSupportedException("there is no list of backup sets");

    /// <inheritdoc/>
    public ValueTask<DateTimeOffset?> LastHoldingAsync(KekId kek, CancellationToken ct) => default;
}
