using System.Collections.Immutable;
using KeyRecovery.Protocol.Realms;
using KeyRecovery.Protocol.Wire;
using KeyRecovery.Service.Accounts;
using KeyRecovery.Service.Clocks;
using KeyRecovery.Service.Errors;
using KeyRecovery.Service.Keys;
using KeyRecovery.Service.Rows;
using KeyRecovery.Service.Stores;

namespace KeyRecovery.Service.Realms;

/// <summary>
/// Makes slots: once for each id, and no more for a user than the limit allows. Write order: what makes room is
/// destroyed; the user's row names the slot; the slot's row. A name goes only when its slot is destroyed or was never
/// written, and then its place is taken: so whatever is live is named, and an erasure that closes the user's row finds
/// it.
/// </summary>
internal sealed class RealmRegistrar(IKeyStore keys, Lookups lookups, RealmShares shares, ServerClock clock)
{
    private const int Attempts = 16;

    public async ValueTask<Outcome<RealmSlotRow>> RegisterAsync(
        AppUser user, RealmRegistration registration, CancellationToken ct)
    {
        var key = lookups.Ids.RealmSlot(registration.Slot);
        var subject = lookups.Ids.Subject(user);
        var print = Fingerprint(registration);
        for (var attempt = 0; attempt < Attempts; attempt++)
        {
            if (await keys.ReadAsync(key, ct) is { } taken)
            {
                var row = RealmSlotRow.Decode(taken.Value);
                var isSame = row.State != RealmSlotState.Destroyed && row.Subject.Span.SequenceEqual(subject.Id.Span)
                    && new Hash256(row.Registration.Span) == print;
                return isSame ? row : new ServiceFailure(ErrorCode.SlotExists) { Field = "slot" };
            }

            var writes = new List<RowWrite>();
            if (await NameAsync(RowIds.RealmSubject(subject), key, writes, ct) is { } refused) return refused;
            using var lease = shares.Wrap();
            var made = New(lease, user, subject, key, registration, print);
            writes.Add(new RowWrite.Create(key, made.Encode()));
            switch (await keys.WriteAsync(writes, ct))
            {
                case WriteResult.Written:
                    await shares.MoveOnAsync(key, made.Kek, registration.Share, ct);
                    return made;
                case WriteResult.Unavailable(_, var reason):
                    return ServiceFailure.Of(reason);
            }
        }

        return new ServiceFailure(ErrorCode.Unavailable);
    }

    private RealmSlotRow New(
        KekLease lease, AppUser user, RowKey subject, RowKey key, RealmRegistration registration, Hash256 print)
    {
        var (kek, sealedShare) = shares.Seal(lease, key, registration.Share);
        return new RealmSlotRow
        {
            State = RealmSlotState.Fresh,
            App = user.App,
            Subject = subject.Id,
            Kek = kek,
            SealedShare = sealedShare,
            ShareKey = registration.ShareKey.ToArray(),
            SigningKey = registration.SigningKey.ToArray(),
            ManagementKey = registration.ManagementKey.ToArray(),
            Registration = print.ToArray(),
            RegisteredAt = (ulong)clock.Steady.ToUnixTimeSeconds(),
            Events = default(RealmEvents).Add(clock.Steady, RealmEventKind.Registered),
        };
    }

    // Names the slot among its user's, where need be in place of those that are gone or were never confirmed. A name
    // that is there, of an earlier try, is written again, so that whoever is about to let it go is refused.
    private async ValueTask<ServiceFailure?> NameAsync(
        RowKey subject, RowKey slot, List<RowWrite> writes, CancellationToken ct)
    {
        var stored = await keys.ReadAsync(subject, ct);
        var row = stored is null ? RealmSubjectRow.Empty : RealmSubjectRow.Decode(stored.Value);
        if (row.ClosedBy is not null) return new ServiceFailure(ErrorCode.Erased);
        var others = row.Slots.Remove(slot);
        if (others.Length >= RealmLimits.SlotsOfSubject) others = await MakeRoomAsync(others, writes, ct);
        if (others.Length >= RealmLimits.SlotsOfSubject) return ServiceFailure.Limit("slots");

        var next = (row with { Slots = others.Add(slot) }).Encode();
        writes.Add(stored is null ? new RowWrite.Create(subject, next) : new RowWrite.Replace(stored, next));
        return null;
    }

    private async ValueTask<ImmutableArray<RowKey>> MakeRoomAsync(
        ImmutableArray<RowKey> slots, List<RowWrite> writes, CancellationToken ct)
    {
        var kept = ImmutableArray.CreateBuilder<RowKey>();
        var gone = RealmSlotRow.Deleted().Encode();
        foreach (var slot in slots)
        {
            if (await keys.ReadAsync(slot, ct) is not { } stored)
            {
                // A registration that died, or is on its way: then it is refused.
                writes.Add(new RowWrite.Create(slot, gone));
                continue;
            }

            var row = RealmSlotRow.Decode(stored.Value);
            if (!RealmRules.MakesRoom(row, clock.Steady)) kept.Add(slot);
            else if (row.State != RealmSlotState.Destroyed) writes.Add(new RowWrite.Replace(stored, gone));
        }

        return kept.ToImmutable();
    }

    // The share stands in it by its public key.
    private static Hash256 Fingerprint(RealmRegistration registration) => Hash256.Of(
        [.. registration.SigningKey.ToArray(), .. registration.ManagementKey.ToArray(),
            .. registration.ShareKey.ToArray()]);
}
