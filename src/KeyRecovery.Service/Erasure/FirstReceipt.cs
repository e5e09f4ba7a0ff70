using System.Collections.Immutable;
using KeyRecovery.Protocol.Audit;
using KeyRecovery.Protocol.Primitives;
using KeyRecovery.Service.Accounts;
using KeyRecovery.Service.Keys;
using KeyRecovery.Service.Log;
using KeyRecovery.Service.Realms;
using KeyRecovery.Service.Restraints;
using KeyRecovery.Service.Rows;
using KeyRecovery.Service.Stores;
using KeyRecovery.Service.UseCases;

namespace KeyRecovery.Service.Erasure;

/// <summary>
/// Proves an erasure and writes its first receipt, of what was seen. Write order: lookups, the user's row at the realm,
/// what operators had decided about the account, of which times alone stay, the erasure row with the receipt, and last
/// the plan, which that row no longer names.
/// </summary>
internal sealed class FirstReceipt(
    ServiceContext context, ErasureRows rows, RowRemoval removal, IKekRing ring, SigningKey auditKey,
    ErasureLeaves leaves, RestraintRows restraints)
{
    /// <summary>Told where rows came behind those that were deleted.</summary>
    public const string RowsLeft = "a row is still there";

    private const int Attempts = 8;

    /// <summary>Writes the receipt, where everything is proved.</summary>
    /// <returns>What is not proved, or why it could not be written; null where there is a receipt.</returns>
    /// <exception cref="RowDamagedException">A lookup does not open.</exception>
    /// <exception cref="StoreUnavailableException">A store cannot answer.</exception>
    public async Task<string?> GiveAsync(OpenErasure erasure, Task haveRead, CancellationToken ct)
    {
        for (var attempt = 0; attempt < Attempts; attempt++)
        {
            // Somebody else may have been faster.
            if (await rows.ReadAsync(erasure.KeyRow, ct) is not ({ Phase: ErasurePhase.Erasing } row, { } stored))
                return null;
            var now = erasure with { Row = row, Stored = stored };
            // A share that was refused its end beside the key's, or came to be named since. Nothing is registered
            // behind it.
            var writes = await RealmErasure.PlanAsync(
                context.Keys, now.KeyRow, now.Plan.RealmSubjects, now.Plan.Shares, ct);
            var isLast = writes.Count == 0;
            if (isLast)
            {
                var (proofs, problem) = await ProveAsync(now, ct);
                if (problem is not null) return problem;
                writes = await PlanAsync(now, proofs, ct);
            }

            await haveRead;
            switch (await context.Keys.WriteAsync(writes, ct))
            {
                case WriteResult.Written when isLast:
                    return null;
                case WriteResult.Unavailable:
                    return "the receipt could not be written";
            }
        }

        return "the receipt could not be written";
    }

    private async ValueTask<(ImmutableArray<ErasureProof> Proofs, string? Problem)> ProveAsync(
        OpenErasure erasure, CancellationToken ct)
    {
        if (await context.Keys.ReadAsync(erasure.KeyRow, ct) is not { } stored) return ([], "a tombstone is missing");
        var (key, kept) = (KeyRow.Decode(stored.Value), erasure.Plan.Kept);
        if (kept is not null && await OpensAsync(erasure.KeyRow, key, kept, ct)) return ([], "a row still opens");
        if (key.State != KeyRowState.Erased || !key.WrappedSubjectKey.IsEmpty)
            return ([], "a subject key is still there");
        if (await removal.IsAnyLeftAsync(erasure.Plan, ct)) return ([], RowsLeft);
        ErasureProof[] unopened = kept is null ? [] : [ErasureProof.RowUnopened];
        ErasureProof[] emptied = context.Data.HasJournals ? [ErasureProof.JournalsEmptied] : [];
        return ([ErasureProof.KeyAbsent, .. unopened, ErasureProof.RowsDeleted, .. emptied], null);
    }

    // The way by which every request opens rows, gone with a row that has opened.
    private async ValueTask<bool> OpensAsync(RowKey keyRow, KeyRow key, Row kept, CancellationToken ct)
    {
        try
        {
            using var account = await context.SubjectKeys.OpenAsync(keyRow, key, ct);
            account.Open(kept);
            return true;
        }
        catch (RowDamagedException)
        {
            return false;
        }
    }

    private async ValueTask<IReadOnlyList<RowWrite>> PlanAsync(
        OpenErasure erasure, ImmutableArray<ErasureProof> proofs, CancellationToken ct)
    {
        var (keys, plan, writes) = (context.Keys, erasure.Plan, new List<RowWrite>());
        foreach (var lookup in plan.Lookups)
        {
            // One that leads elsewhere is another's: the same person's new account, for example.
            if (await keys.ReadAsync(lookup, ct) is { } found && context.Lookups.Open(found) == erasure.Row.Account)
                writes.Add(new RowWrite.Delete(found));
        }

        foreach (var subject in plan.RealmSubjects)
            if (await RealmErasure.PlanReopeningAsync(keys, erasure.KeyRow, subject, ct) is { } reopening)
                writes.Add(reopening);
        if (await restraints.ReadAsync(erasure.KeyRow, ct) is ({ Account: not null } restrained, var was))
            writes.AddRange(restraints.Write(erasure.KeyRow, restrained.Trace(), was));
        await ring.RefreshAsync(ct);
        var (erased, logged) = Erased(erasure, proofs);
        writes.AddRange(rows.Write(erasure.KeyRow, erased, erasure.Stored, logged));
        await foreach (var part in rows.Plans.ListAsync(erasure.KeyRow, ct)) writes.Add(new RowWrite.Remove(part.Key));
        return writes;
    }

    private (ErasureRow Row, LoggedChange Logged) Erased(OpenErasure erasure, ImmutableArray<ErasureProof> proofs)
    {
        var row = erasure.Row;
        // All is gone by now: nothing of it can have been wrapped under a KEK that is newer than today's.
        var kek = Math.Max(row.Kek, ring.Current.Id.Value);
        var receipt = new ErasureReceipt
        {
            Id = row.Id,
            Level = 1,
            App = row.App,
            Subject = ErasureReceipt.SubjectOf(row.Id, row.Account!.Value),
            RequestedBy = row.RequestedBy,
            RequestedAt = row.RequestedAt,
            ErasedAt = erasure.ErasedAt,
            Kek = kek,
            KekDestroyedAt = 0,
            Proofs = proofs,
        };
        var erased = row with
        {
            Phase = ErasurePhase.Erased, Account = null, Asker = null, Plan = null, Kek = kek,
        };
        return leaves.OfReceipt(erased, receipt.Level, receipt.Sign(auditKey), erasure.Stored);
    }
}
