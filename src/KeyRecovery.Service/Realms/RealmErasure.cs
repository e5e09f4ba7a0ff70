using KeyRecovery.Protocol.Primitives;
using KeyRecovery.Protocol.Wire;
using KeyRecovery.Service.Rows;
using KeyRecovery.Service.Stores;
using KeyRecovery.Service.UseCases;

namespace KeyRecovery.Service.Realms;

/// <summary>What an erasure does to the realm's rows of a user.</summary>
internal static class RealmErasure
{
    /// <param name="context">The stores.</param>
    /// <param name="user">The lookup of the account's user; null where nobody knows whose it is.</param>
    /// <param name="slots">Passphrase slots that stood in its chain.</param>
    /// <param name="ct">Cancels.</param>
    public static async ValueTask<IReadOnlyList<RowWrite>> PrepareAsync(
        ServiceContext context, RowKey? user, IEnumerable<(AuthorityId Slot, VerifyKey SigningKey)> slots, CancellationToken ct)
    {
        var (ids, writes) = (context.Lookups.Ids, new List<RowWrite>());
        Row? stored = null;
        if (user is { } known)
        {
            var subject = RowIds.RealmSubject(known);
            stored = await context.Keys.ReadAsync(subject, ct);
            // A registration that comes in between changes this row, and refuses the erasure's writes.
            if (stored is not null) writes.Add(new RowWrite.Delete(stored));
        }

        var owned = stored is null ? [] : RealmSubjectRow.Decode(stored.Value).Slots;
        foreach (var slot in owned) await AddAsync(slot, _ => true);
        foreach (var (slot, key) in slots)
        {
            var row = ids.RealmSlot(slot);
            // The id alone would let an account destroy another's share by naming its slot in its own chain.
            if (!owned.Contains(row)) await AddAsync(row, kept => kept.SigningKey.Span.SequenceEqual(key.ToArray()));
        }
        return writes;

        async ValueTask AddAsync(RowKey slot, Predicate<RealmSlotRow> isTheirs)
        {
            if (await context.Keys.ReadAsync(slot, ct) is not { } found) return;
            var row = RealmSlotRow.Decode(found.Value);
            if (!row.IsDeleted && isTheirs(row)) writes.Add(new RowWrite.Replace(found, RealmSlotRow.Deleted().Encode()));
        }
    }
}
