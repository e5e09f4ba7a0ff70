using KeyRecovery.Service.Keys;

namespace KeyRecovery.Service.Backups;

/// <summary>
/// The backup sets that were made, as far as erasures wait for them: a list that no backup of a store replaces.
/// </summary>
public interface IBackupSets
{
    /// <summary>Puts a set on the list, durable on return and before anything of it is written.</summary>
    /// <exception cref="Stores.StoreUnavailableException">It cannot be written.</exception>
    ValueTask AddAsync(BackupSetId set, KekId lowest, DateTimeOffset expiresAt, CancellationToken ct);

    /// <summary>
    /// When the last set expires that holds this KEK or an older one; null where none does. What has expired counts for
    /// as long as its escrow is still there, and so does what another instance has put there until now.
    /// </summary>
    /// <exception cref="Stores.StoreUnavailableException">The list cannot be read.</exception>
    ValueTask<DateTimeOffset?> LastHoldingAsync(KekId kek, CancellationToken ct);
}
