using KeyRecovery.Protocol.Audit.Log;
using KeyRecovery.Protocol.Vault;
using KeyRecovery.Service.Accounts;
using KeyRecovery.Service.Errors;
using KeyRecovery.Service.Feed;
using KeyRecovery.Service.Gate;
using KeyRecovery.Service.Log;
using KeyRecovery.Service.Rows;
using KeyRecovery.Service.Stores;

namespace KeyRecovery.Service.UseCases;

/// <summary>
/// The one writer of accounts: creation, commit and repair end here. It turns an accepted change into rows in an order
/// that a crash, a lost answer or a frozen process may cut anywhere (docs/storage.md §3): slot claims; immutable rows;
/// history; what the log is to say; the account row, which is the commit point; the key row; last what nothing names
/// any more.
/// </summary>
internal sealed class AccountWriter(ServiceContext context, AccountRows rows)
{
    private readonly SlotClaims _claims = new(context.Keys, context.Lookups);

    /// <summary>Writes a change.</summary>
    /// <exception cref="AccountErasedException">The account was erased meanwhile; its claims are released.</exception>
    /// <exception cref="StoreUnavailableException">A store cannot answer a read.</exception>
    public async ValueTask<WriteStep> WriteAsync(AccountChange change, CancellationToken ct)
    {
        var items = new ItemPlan(context.Data, rows, change, context.Now);
        if (await items.CheckAsync(ct) is { } wrong) return wrong;
        var account = change.Next.Account;
        var bytes = AccountBytes.After(change, items.ReturningBytes);
        if (bytes.Kept > Limits.KeptBytes)
        {
            var trim = new HistoryTrim(context, rows, items.Returning)
            {
                MayTakeAll = change.By?.Writer.IsYoung is not true,
            };
            return await trim.MakeRoomAsync(
                change.Stored!, change.Before!, Limits.KeptBytes - bytes.KeptGrowth, ct) is null
                ? new WriteStep.Failed(
                    ServiceFailure.Limit("kept.size", Limits.KeptBytes, change.Before!.KeptBytes))
                : new WriteStep.Again();
        }

        var logged = LoggedChange.Of(
            Detail(change), rows, rows.Account, change.Stored, context.Random, FeedOf(change));
        var lists = await ListPlan.OfAsync(context.Data, rows, change, logged.Entry, context.Now, ct);
        var points = await PointPlan.OfAsync(context.Data, rows, change, context.Now, ct);
        if (lists is null || points is null) return new WriteStep.Again();
        var next = change.Next with
        {
            LinkChunk = lists.LinkChunk,
            Trail = lists.Trail,
            Activity = lists.Activity,
            Staged = bytes.Staged,
            LiveBytes = bytes.Live,
            KeptBytes = bytes.Kept,
            Points = points.Points,
            Doomed = points.Doomed,
        };
        next = next with { SignedHead = context.SignHead(next).Bytes };
        var slots = change.Slots;
        try
        {
            // Before any byte is stored: a slot that is another's leaves nothing behind.
            if (await _claims.ClaimAsync(slots, account, change.KeyRowKey, ct) is { } taken)
                return new WriteStep.Failed(taken);
            if (change.IsClaimed
                && await context.KeyRows.RememberAsync(change.KeyRowKey, next.Claims, ct) is { } unclaimed)
                return new WriteStep.Failed(unclaimed);
            if (await HistoryPlan.OfAsync(context.Data, rows, change, next, context.Now, ct) is not { } history)
                return new WriteStep.Again();
            List<RowWrite> writes =
            [
                .. Immutable(change, items, lists), .. points.Writes, .. history.Writes, logged.Outbox,
                rows.Write(rows.Account, change.Stored, next.Encode(), logged.Id),
            ];
            var commitPoint = writes.Count - 1;
            writes.AddRange(Superfluous(change, lists, next));
            writes.AddRange(points.Superfluous);
            writes.AddRange(history.Superfluous);
            var leftovers = new Leftovers(context.Data, rows, change.Manifest.Manifest, next);
            writes.AddRange(await leftovers.OfStagedAsync(bytes.GivenWay, ct));
            switch (await context.Data.WriteAsync(writes, ct))
            {
                // What comes behind the commit point is left to the sweep where it could not be done.
                case WriteResult.Refused(var index) when index <= commitPoint:
                    await TakeBackSealsAsync(points, ct);
                    return new WriteStep.Again();
                case WriteResult.Unavailable(var index, var reason) when index <= commitPoint:
                    return new WriteStep.Failed(ServiceFailure.Of(reason));
            }

            context.Log.Wake();
            return await FinishAsync(change, next, slots, ct);
        }
        catch (AccountErasedException) when (slots.Count > 0)
        {
            await _claims.ReleaseAsync(slots, account, CancellationToken.None);
            throw;
        }
    }

    /// <summary>
    /// What follows the commit point and comes before the answer; also for a change that is found committed, because an
    /// answer was lost.
    /// </summary>
    public async ValueTask<WriteStep> FinishAsync(
        AccountChange change, AccountState committed, IReadOnlyCollection<AuthorityId> slots, CancellationToken ct)
    {
        // A seal of whoever was removed is gone before anybody hears of the removal.
        if (!committed.Doomed.IsEmpty && await DoomedRows.FinishAsync(context.Data, rows, ct) is { } unfinished)
            return new WriteStep.Failed(unfinished);
        foreach (var removed in change.Links.SelectMany(l => l.Link.Remove))
            await context.Links.EndSessionsOfAsync(committed.Account, removed);
        // Remembered where a restored data store cannot forget it. A slot moves the key row on in any case: an erasure
        // that read the chain before must read it again.
        if (change.Links.IsEmpty && slots.Count == 0 && change.Before is not null)
            return new WriteStep.Committed(committed);
        var failure = await context.KeyRows.AdvanceAsync(
            change.KeyRowKey, committed, ct, touch: slots.Count > 0);
        if (failure?.Code == ErrorCode.Erased)
            await _claims.ReleaseAsync(slots, committed.Account, CancellationToken.None);
        return failure is null ? new WriteStep.Committed(committed) : new WriteStep.Failed(failure);
    }

    // Somebody was faster, and may have removed one whose seal was written here after that. Nobody comes to name it.
    private async ValueTask TakeBackSealsAsync(PointPlan points, CancellationToken ct)
    {
        if (points.Writes.Count == 0) return;
        if (await context.Data.ReadAsync(rows.Account, ct) is not { } stored) return;
        var now = AccountRow.Decode(rows.Open(stored));
        List<RowWrite> stray =
        [
            .. points.Writes.Where(w => !now.Authorities.ContainsKey(AccountRows.AuthorityOf(w.Key)))
                .Select(w => new RowWrite.Remove(w.Key)),
        ];
        if (stray.Count > 0) await context.Data.WriteAsync(stray, ct);
    }

    // An app is told nothing of items alone. What a repair brings back was told when it was made; nobody knows of the
    // rest which is which.
    private static FeedOf? FeedOf(AccountChange change) =>
        change.Event == AuditEvent.Committed && change.Links.IsEmpty
            ? null
            : new(
                change.Next.User.App, change.KeyRowKey, change.Event == AuditEvent.Repaired ? [] : AppEventPart.OfLinks(
                    change.Links.Select(link => link.Link),
                    change.Before?.Authorities.Values.Select(known => (known.Id, known.Kind)) ?? []));

    private AuditDetail Detail(AccountChange change) => new()
    {
        Account = change.Next.Account,
        Time = context.Now.Wall,
        Event = change.Event,
        Role = change.Next.Authorities[change.Signer].IsSlot ? AuditRole.Slot : AuditRole.Device,
        Actor = change.Signer,
        Network = change.Network,
        Label = change.Manifest.Manifest.LeafLabel,
        Chain = change.Next.Chain,
        Manifest = change.Manifest.Place,
        Policy = context.Policy.Hash,
    };

    private List<RowWrite> Immutable(AccountChange change, ItemPlan items, ListPlan lists)
    {
        List<RowWrite> writes = [.. items.Writes, .. lists.Writes];
        writes.AddRange(change.Keysets.Select(k => rows.Ensure(rows.Keyset(k.Hash), k.Bytes.Span)));
        var manifest = new ManifestRow(change.Manifest, items.Origins);
        writes.Add(rows.Ensure(rows.Manifest(change.Manifest.Hash), manifest.Encode()));
        return writes;
    }

    // Nobody comes to name these again: each was the newest of its kind, and the next one is another.
    private IEnumerable<RowWrite> Superfluous(AccountChange change, ListPlan lists, AccountState next)
    {
        if (change.ManifestBefore is { } manifest && change.Before!.ManifestHash is var hash
            && hash != next.ManifestHash && next.Points.All(p => p.Manifest.Hash != hash))
            yield return new RowWrite.Delete(manifest);
        if (change.Before is not { } before) yield break;
        foreach (var keyset in before.Keysets.Except(change.Next.Keysets))
            yield return new RowWrite.Remove(rows.Keyset(keyset));
        foreach (var chunk in lists.Superseded) yield return new RowWrite.Remove(chunk);
    }
}
