using KeyRecovery.Protocol.Audit;
using KeyRecovery.Protocol.Audit.Log;
using KeyRecovery.Protocol.Primitives;
using KeyRecovery.Service.Backups;
using KeyRecovery.Service.Clocks;
using KeyRecovery.Service.Keys;
using KeyRecovery.Service.Stores;

namespace KeyRecovery.Service.Erasure;

/// <summary>
/// Takes a receipt on: its proof, when the log has it; and the second one, where the KEKs of that time are gone and so
/// is every backup of them. Write order at the end: the last receipt in its own table, and then the erasure's row goes,
/// so that no pass reads what is done.
/// </summary>
internal sealed class LastReceipt(
    IKeyStore keys, ErasureRows rows, IKekRing ring, IBackupSets backups, SigningKey auditKey, ServerClock clock,
    ErasureLeaves leaves, ReceiptProver prover)
{
    /// <summary>Does what can be done, or tells what it waits for.</summary>
    public async ValueTask<ErasureStep> TryGiveAsync(
        RowKey keyRow, ErasureRow row, Row stored, Task haveRead, CancellationToken ct)
    {
        var newest = SignedErasureReceipt.Decode(row.Receipt);
        if (newest.Receipt.Level == 2) return await TryKeepAsync(keyRow, row, stored, haveRead, ct);
        if (await WaitsForAsync(row, ct) is { } step)
        {
            await ProveAsync(keyRow, row, stored, haveRead, ct);
            return step;
        }

        // The receipt would tell its times.
        if (clock.Believed is not { } now) return ErasureStep.AwaitClock;
        var second = newest.Receipt with
        {
            Level = 2,
            KekDestroyedAt = (ulong)now.ToUnixTimeSeconds(),
            Proofs = newest.Receipt.Proofs.AddRange(ErasureProof.KekDestroyed, ErasureProof.BackupsExpired),
        };
        var (next, logged) = leaves.OfReceipt(row, second.Level, second.Sign(auditKey), stored);
        await haveRead;
        return await keys.WriteAsync(rows.Write(keyRow, next, stored, logged), ct) is WriteResult.Written
            ? ErasureStep.Final : ErasureStep.None;
    }

    private async ValueTask<ErasureStep?> WaitsForAsync(ErasureRow row, CancellationToken ct)
    {
        if (ring.Standings[^1].Id.Value < row.Kek) return ErasureStep.AwaitRing;
        if (!ring.IsGoneUpTo(new KekId(row.Kek))) return ErasureStep.AwaitKek;
        if (await backups.LastHoldingAsync(new KekId(row.Kek), ct) is { } last && clock.HasPassed(last) is not true)
            return clock.HasPassed(last) is null ? ErasureStep.AwaitClock : ErasureStep.AwaitSets;
        return null;
    }

    // The first one, while the second waits.
    private async ValueTask ProveAsync(
        RowKey keyRow, ErasureRow row, Row stored, Task haveRead, CancellationToken ct)
    {
        if (row.Leaf.IsEmpty || await TryProveAsync(row, ct) is not { } proved) return;
        await haveRead;
        await keys.WriteAsync(rows.Write(keyRow, row with { Receipt = proved, Leaf = default }, stored), ct);
    }

    private async ValueTask<ErasureStep> TryKeepAsync(
        RowKey keyRow, ErasureRow row, Row stored, Task haveRead, CancellationToken ct)
    {
        // What the row has decided must be in the log before it goes.
        if (await TryProveAsync(row, ct) is not { } proved || !await rows.IsLoggedAsync(stored, ct))
            return ErasureStep.None;
        await haveRead;
        var gone = new RowWrite.Delete(stored);
        // Refused, it was kept before: that one stands.
        if (await keys.WriteAsync([rows.CreateReceipt(keyRow, proved.Span), gone], ct) is WriteResult.Refused(0))
            await keys.WriteAsync([gone], ct);
        return ErasureStep.None;
    }

    private async ValueTask<ReadOnlyMemory<byte>?> TryProveAsync(ErasureRow row, CancellationToken ct)
    {
        try
        {
            return await prover.TryProveAsync(row, ct);
        }
        catch (Exception e) when (e is LogFaultException or StoreUnavailableException)
        {
            // Whoever keeps the log tells of it. What was given stands.
            return null;
        }
    }
}
