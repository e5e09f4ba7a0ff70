using System.Collections.Immutable;
using System.Runtime.CompilerServices;
using KeyRecovery.Protocol.Audit;
using KeyRecovery.Protocol.Primitives;
using KeyRecovery.Service.Accounts;
using KeyRecovery.Service.Keys;
using KeyRecovery.Service.Realms;
using KeyRecovery.Service.Rows;
using KeyRecovery.Service.Stores;
using KeyRecovery.Service.UseCases;

namespace KeyRecovery.Service.Erasure;

/// <summary>
/// What follows the point of no return, for several accounts with one checkpoint. Each step may be done again, and a
/// receipt is written last, of what was seen.
/// </summary>
internal sealed class ErasureFinisher(
    ServiceContext context, ErasureRows rows, IKekRing ring, IBackupSets backups, ITombstones tombstones, ReadOnlyMemory<byte> fenceKey, SigningKey auditKey,
    ClockWatch clock)
{
    // A writer deletes so many at once; commits wait for no more.
    private const int Batch = 128;
    private const int Attempts = 8;


    // What stands in the list already: a pass that waits for a reader repeats itself every few seconds.
    private readonly HashSet<RowKey> _listed = [];

    /// <summary>Takes accounts whose keys are destroyed to their receipts.</summary>
    /// <returns>How many got one now, how many are left, and why. Others may have finished some before.</returns>
    public async ValueTask<(int Done, int Left, string? Problem)> FinishAsync(IReadOnlyList<RowKey> keyRows, CancellationToken ct)
    {
        if (keyRows.Count == 0) return (0, 0, null);
        var open = new List<(RowKey KeyRow, ErasureRow Row, Row? Stored)>();
        foreach (var keyRow in keyRows)
            if (await rows.ReadAsync(keyRow, ct) is ({ Phase: ErasurePhase.Erasing } row, var was)) open.Add((keyRow, row, was));
        if (open.Count == 0) return (0, 0, null);
        // Two places that do not wait for one another; the receipts wait for both.
        await Task.WhenAll(Task.Run(() => ListAsync(open.ConvertAll(o => o.KeyRow), ct), ct), DeleteAsync(open.ConvertAll(o => o.Row), ct));
        if (!await context.Data.ForgetAsync(ct)) return (0, open.Count, "the data store's journals are not empty: somebody still reads an older state");
        var problems = await SideBySide.RunAsync(open, (o, haveRead) => ProveAsync(o.KeyRow, o.Row, o.Stored, haveRead, ct));
        var done = problems.Count(p => p is null);
        return (done, open.Count - done, problems.LastOrDefault(p => p is not null));
    }

    /// <summary>Gives the second receipt, where the KEKs of that time are gone and so is every backup of them.</summary>
    public async ValueTask<ErasureStep> TryFinalizeAsync(RowKey keyRow, ErasureRow row, Row? was, Task haveRead, CancellationToken ct)
    {
        if (ring.Standings[^1].Id.Value < row.Kek) return ErasureStep.AwaitRing;
        for (var id = row.Kek; id > 0; id--)
            if (ring.TryGet(new KekId(id), out _)) return ErasureStep.AwaitKek;
        if (backups.LastHolding(new KekId(row.Kek)) is { } last && clock.HasPassed(last) is not true)
            return clock.HasPassed(last) is null ? ErasureStep.AwaitClock : ErasureStep.AwaitSets;
        // The receipt would tell its times.
        if (clock.Now is not { } now) return ErasureStep.AwaitClock;
        var proofs = SignedErasureReceipt.Decode(row.Receipt).Receipt.Proofs.AddRange(ErasureProof.KekDestroyed, ErasureProof.BackupsExpired);
        var next = row with { Phase = ErasurePhase.Final, Receipt = row.ToReceipt(2, (ulong)now.ToUnixTimeSeconds(), proofs).Sign(auditKey) };
        await haveRead;
        return await context.Keys.WriteAsync([rows.Write(keyRow, next, was)], ct) is WriteResult.Written ? ErasureStep.Final : ErasureStep.None;
    }

    private async Task ListAsync(List<RowKey> keyRows, CancellationToken ct)
    {
        await tombstones.AppendAsync([.. keyRows.Where(k => !_listed.Contains(k)).Select(k => Eraser.Tombstone(fenceKey, k))], ct);
        _listed.UnionWith(keyRows);
    }

    // Until a look that began behind all fences finds nothing: what was under way when they were written may have come before them.
    private async Task DeleteAsync(List<ErasureRow> open, CancellationToken ct)
    {
        while (open.Count > 0)
        {
            var (left, writes, size) = (new List<ErasureRow>(), new List<List<RowWrite>>(), 0);
            foreach (var row in open)
            {
                await foreach (var batch in RowsAsync(row, ct))
                {
                    if (size + batch.Count > Batch) size = await WriteAsync(writes, ct);
                    writes.Add(batch);
                    size += batch.Count;
                    if (left.Count == 0 || !ReferenceEquals(left[^1], row)) left.Add(row);
                }
            }

            await WriteAsync(writes, ct);
            open = left;
        }
    }

    // An account's fence, where it is not there yet, and the removal of all its rows, in batches.
    private async IAsyncEnumerable<List<RowWrite>> RowsAsync(ErasureRow row, [EnumeratorCancellation] CancellationToken ct)
    {
        var (account, batch) = (new RowKey(Table.Accounts, row.Locator), new List<RowWrite>());
        var stored = await context.Data.ReadAsync(account, ct);
        if (stored is null || !AccountFence.Is(stored)) batch.Add(AccountFence.Write(account, stored));
        foreach (var table in context.Tables.OwnedByAccounts)
        {
            await foreach (var found in context.Data.ListOwnerAsync(table, row.Locator, ct))
            {
                batch.Add(new RowWrite.Remove(found.Key));
                if (batch.Count < Batch) continue;
                yield return batch;
                batch = [];
            }
        }

        if (batch.Count > 0) yield return batch;
    }

    // Each account's for itself, in commits that they share. A refusal is a race, and looked at again; a store that cannot write ends the pass.
    private async ValueTask<int> WriteAsync(List<List<RowWrite>> writes, CancellationToken ct)
    {
        foreach (var result in await Task.WhenAll(writes.Select(w => context.Data.WriteAsync(w, ct).AsTask())))
            if (result is WriteResult.Unavailable(_, var reason)) throw new StoreUnavailableException(reason, "rows cannot be deleted");
        writes.Clear();
        return 0;
    }

    private async Task<string?> ProveAsync(RowKey keyRow, ErasureRow row, Row? was, Task haveRead, CancellationToken ct)
    {
        try
        {
            if (await TryProveAsync(keyRow, row, was, haveRead, ct) is { } unproved) return unproved;
            lock (_listed) _listed.Remove(keyRow);
            return null;
        }
        catch (RowDamagedException damaged)
        {
            return damaged.Message;
        }
    }

    private async ValueTask<string?> TryProveAsync(RowKey keyRow, ErasureRow row, Row? was, Task haveRead, CancellationToken ct)
    {
        var proofs = ImmutableArray.CreateBuilder<ErasureProof>();
        if (await context.Keys.ReadAsync(keyRow, ct) is not { } stored) return "a tombstone is missing";
        var key = KeyRow.Decode(stored.Value);
        if (key.State != KeyRowState.Erased || !key.WrappedSubjectKey.IsEmpty) return "a subject key is still there";
        proofs.Add(ErasureProof.KeyAbsent);
        // The way by which every request opens rows, tried on a row that is known to have opened before.
        using (var account = context.SubjectKeys.TryOpen(keyRow, key))
        {
            if (account is not null) return "a row still opens";
            if (!row.Retained.IsEmpty) proofs.Add(ErasureProof.RowUnopened);
        }

        foreach (var table in context.Tables.OwnedByAccounts)
            await foreach (var _ in context.Data.ListOwnerAsync(table, row.Locator, ct)) return "a row is still there";
        proofs.AddRange(ErasureProof.RowsDeleted, ErasureProof.JournalsEmptied);

        var done = row with
        {
            Phase = ErasurePhase.Erased, Account = null, Locator = default, Lookups = [], Retained = default, RetainedVersion = 0,
            Receipt = row.ToReceipt(1, 0, proofs.ToImmutable()).Sign(auditKey),
        };
        for (var attempt = 0; attempt < Attempts; attempt++)
        {
            List<RowWrite> writes = [rows.Write(keyRow, done, was)];
            foreach (var lookup in row.Lookups)
            {
                // One that leads elsewhere is another's: the same person's new account, for example.
                if (await context.Keys.ReadAsync(lookup, ct) is not { } found || context.Lookups.Open(found) != row.Account) continue;
                writes.Add(new RowWrite.Delete(found));
                // A share that the user registered since the key was destroyed: no account was there for it.
                if (lookup.Table == Table.Subjects) writes.AddRange(await RealmErasure.PrepareAsync(context, lookup, [], ct));
            }

            await haveRead;
            if (await context.Keys.WriteAsync(writes, ct) is var result and not WriteResult.Refused)
                return result is WriteResult.Written ? null : "the receipt could not be written";
        }

        return "the receipt could not be written";
    }
}
