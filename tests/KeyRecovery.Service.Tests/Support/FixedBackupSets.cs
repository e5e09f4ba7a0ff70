using KeyRecovery.Service.Backups;
using KeyRecovery.Service.Erasure;
using KeyRecovery.Service.Keys;

namespace KeyRecovery.Service.Tests.Support;

/// <summary>One backup set that holds every KEK, of which the test says when it expires; or none.</summary>
internal sealed class FixedBackupSets : IBackupSets
{
    public DateTimeOffset? Expire { get; set; }

    public ValueTask AddAsync(BackupSetId set, KekId lowest, DateTimeOffset expiresAt, CancellationToken ct) =>
        throw new NotSupportedException();

    public ValueTask<DateTimeOffset?> LastHoldingAsync(KekId kek, CancellationToken ct) => new(Expire);
}
