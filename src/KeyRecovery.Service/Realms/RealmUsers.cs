using System.Collections.Immutable;
using KeyRecovery.Protocol.Realms;
using KeyRecovery.Service.Errors;
using KeyRecovery.Service.Rows;
using KeyRecovery.Service.Stores;

namespace KeyRecovery.Service.Realms;

/// <summary>
/// What this realm keeps for a user, given to the same person's new name: first that one names the slots, then each
/// slot is its, last the old name goes. No slot is live that no user's row names.
/// </summary>
internal static class RealmUsers
{
    private const int Attempts = 8;

    /// <summary>Moves all of it; what is there already stays. Null where it is done.</summary>
    /// <param name="keys">The key store.</param>
    /// <param name="from">Places of the user's lookups under other names.</param>
    /// <param name="to">That of the new one.</param>
    /// <param name="isDry">Whether nothing is written.</param>
    /// <param name="ct">Cancels what was not yet written.</param>
    public static async ValueTask<ServiceFailure?> MoveAsync(
        IKeyStore keys, ImmutableArray<RowKey> from, RowKey to, bool isDry, CancellationToken ct)
    {
        foreach (var place in from)
            if (await MoveAsync(keys, place, to, isDry, ct) is { } failure) return failure;
        return null;
    }

    private static async ValueTask<ServiceFailure?> MoveAsync(
        IKeyStore keys, RowKey from, RowKey to, bool isDry, CancellationToken ct)
    {
        var (old, next) = (RowIds.RealmSubject(from), RowIds.RealmSubject(to));
        for (var attempt = 0; attempt < Attempts; attempt++)
        {
            if (await keys.ReadAsync(old, ct) is not { } storedOld) return null;
            var was = RealmSubjectRow.Decode(storedOld.Value);
            var storedNext = await keys.ReadAsync(next, ct);
            var now = storedNext is null ? RealmSubjectRow.Empty : RealmSubjectRow.Decode(storedNext.Value);
            if (was.ClosedBy is not null || now.ClosedBy is not null) return new ServiceFailure(ErrorCode.Erased);
            var joined = Join(now, was);
            if (joined.Slots.Length > RealmLimits.SlotsOfUser || joined.Accounts.Length > RealmLimits.SlotsOfUser)
                return ServiceFailure.Limit("slots", RealmLimits.SlotsOfUser, joined.Slots.Length);
            if (isDry) return null;
            List<RowWrite> writes =
            [
                storedNext is null
                    ? new RowWrite.Create(next, joined.Encode()) : new RowWrite.Replace(storedNext, joined.Encode()),
            ];
            foreach (var slot in was.Slots)
            {
                if (await keys.ReadAsync(slot, ct) is not { } stored) continue;
                var row = RealmSlotRow.Decode(stored.Value);
                if (!row.IsDeleted && row.Subject.Span.SequenceEqual(from.Id.Span))
                    writes.Add(new RowWrite.Replace(stored, (row with { Subject = to.Id }).Encode()));
            }

            writes.Add(new RowWrite.Delete(storedOld));
            switch (await keys.WriteAsync(writes, ct))
            {
                case WriteResult.Written:
                    return null;
                case WriteResult.Unavailable(_, var reason):
                    return ServiceFailure.Of(reason);
            }
        }

        return new ServiceFailure(ErrorCode.Unavailable);
    }

    // Nobody gets more registrations in a day by a new name.
    private static RealmSubjectRow Join(RealmSubjectRow to, RealmSubjectRow from)
    {
        var isSameDay = to.Day == from.Day;
        var newer = to.Day >= from.Day ? to : from;
        return to with
        {
            Slots = [.. to.Slots.Union(from.Slots)],
            Accounts = [.. to.Accounts.Union(from.Accounts)],
            Day = newer.Day,
            Registrations = isSameDay
                ? Math.Min(to.Registrations + from.Registrations, RealmLimits.RegistrationsPerDay)
                : newer.Registrations,
        };
    }
}
