using KeyRecovery.Protocol.Audit;
using KeyRecovery.Protocol.Primitives;
using KeyRecovery.Service.Backups;
using KeyRecovery.Service.Clocks;
using KeyRecovery.Service.Keys;
using KeyRecovery.Service.Stores;

namespace KeyRecovery.Service.Erasure;

/// <summary>
/// Gives the second receipt, where the KEKs of that time are gone and so is every backup of them. Write order: the
/// receipt in its own table, and then the erasure's row goes, so that no pass reads what is done.
/// </summary>
internal sealed class LastReceipt(
    IKeyStore keys, ErasureRows rows, IKekRing ring, IBackupSets backups, SigningKey auditKey, ServerClock clock)
{
    /// <summary>Gives it, or tells what it waits for.</summary>
    public async ValueTask<ErasureStep> TryGiveAsync(
        RowKey keyRow, ErasureRow row, Row stored, Task haveRead, CancellationToken ct)
    {
        if (ring.Standings[^1].Id.Value < row.Kek) return ErasureStep.AwaitRing;
        for (var id = row.Kek; id > 0; id--)
            if (ring.TryGet(new KekId(id), out _)) return ErasureStep.AwaitKek;
        if (backups.LastHolding(new KekId(row.Kek)) is { } last && clock.HasPassed(last) is not true)
            return clock.HasPassed(last) is null ? ErasureStep.AwaitClock : ErasureStep.AwaitSets;
        // The receipt would tell its times.
        if (clock.Believed is not { } now) return ErasureStep.AwaitClock;
        var first = SignedErasureReceipt.Decode(row.Receipt).Receipt;
        var second = first with
        {
            Level = 2,
            KekDestroyedAt = (ulong)now.ToUnixTimeSeconds(),
            Proofs = first.Proofs.AddRange(ErasureProof.KekDestroyed, ErasureProof.BackupsExpired),
        };
        await haveRead;
        var gone = new RowWrite.Delete(stored);
        return await keys.WriteAsync([rows.CreateReceipt(keyRow, second.Sign(auditKey)), gone], ct) switch
        {
            WriteResult.Written => ErasureStep.Final,
            // It was given before: that one stands.
            WriteResult.Refused(0) when await keys.WriteAsync([gone], ct) is WriteResult.Written => ErasureStep.Final,
            _ => ErasureStep.None,
        };
    }
}
