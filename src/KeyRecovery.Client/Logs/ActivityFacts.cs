using KeyRecovery.Protocol.Audit.Log;
using KeyRecovery.Protocol.Vault;

namespace KeyRecovery.Client.Logs;

/// <summary>
/// Holds an account's activity against what its reader knows itself (docs/protocol.md §17.1, 4 and 5).
/// </summary>
internal static class ActivityFacts
{
    /// <summary>What is wrong; none where all fits.</summary>
    /// <param name="vault">The account.</param>
    /// <param name="entries">The newest first.</param>
    /// <param name="fromNewest">Whether they begin with the newest that there is.</param>
    public static ProtocolFault Check(VerifiedVault vault, IReadOnlyList<LoggedEntry> entries, bool fromNewest)
    {
        // Where data came back from a backup, another line may have stood here.
        var isOneLine = vault.Claims.IsEmpty;
        var changes = entries.Where(e => e.IsChange).ToList();
        if (entries is [.., { Number: 0, Detail.Event: not (AuditEvent.Created or AuditEvent.Repaired
            or AuditEvent.FoundRestored) }]) return ProtocolFault.DroppedEntry;
        if (fromNewest && isOneLine && (changes is [var newest, ..]
            ? newest.Detail.Manifest.Version < vault.Manifest.Manifest.Version : entries is [] or [.., { Number: 0 }]))
            return ProtocolFault.DroppedEntry;
        for (var i = 0; i < changes.Count; i++)
        {
            var (entry, before) = (changes[i].Detail, i + 1 < changes.Count ? changes[i + 1].Detail : null);
            var isRepair = entry.Event == AuditEvent.Repaired;
            if (before is not null && !isRepair && !Follows(entry, before)) return ProtocolFault.DroppedEntry;
            if (isOneLine && !Fits(vault, entry, isRepair, before)) return ProtocolFault.ActivityEntry;
        }

        return ProtocolFault.None;
    }

    private static bool Follows(AuditDetail entry, AuditDetail before) =>
        Goes(before.Manifest.Version, entry.Manifest.Version) && Goes(before.Chain.Sequence, entry.Chain.Sequence);

    private static bool Goes(ulong from, ulong to) => from <= to && to - from <= 1;

    private static bool Fits(VerifiedVault vault, AuditDetail entry, bool isRepair, AuditDetail? before)
    {
        if (HashOf(vault, entry.Manifest.Version) is { } hash && hash != entry.Manifest.Hash) return false;
        // Somebody may have gone on since the vault was read.
        if (entry.Chain.Sequence > vault.Chain.Head.Link.Sequence) return true;
        if (!vault.Chain.Contains(entry.Chain)) return false;
        if (entry.Role is AuditRole.Device or AuditRole.Slot
            && (entry.Actor is not { } actor || !vault.Chain.Authorities.TryGetValue(actor, out var known)
                || known.IsSlot != (entry.Role == AuditRole.Slot)))
            return false;
        return isRepair || before is null || entry.Chain.Sequence == before.Chain.Sequence
            || vault.Links[(int)entry.Chain.Sequence].Link.Signer == entry.Actor;
    }

    // As far as the reader has it.
    private static Hash256? HashOf(VerifiedVault vault, ulong version)
    {
        var newest = vault.Manifest.Place;
        if (version == newest.Version) return newest.Hash;
        return version >= vault.HashesFrom && version < newest.Version
            ? vault.Hashes[(int)(version - vault.HashesFrom)] : null;
    }
}
