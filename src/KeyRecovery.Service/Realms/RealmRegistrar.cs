using System.Collections.Immutable;
using KeyRecovery.Protocol.Realms;
using KeyRecovery.Protocol.Wire;
using KeyRecovery.Service.Accounts;
using KeyRecovery.Service.Errors;
using KeyRecovery.Service.Keys;
using KeyRecovery.Service.Rows;
using KeyRecovery.Service.Stores;
using KeyRecovery.Service.UseCases;

namespace KeyRecovery.Service.Realms;

/// <summary>Makes slots: once for each id, and no more for a user than the limit allows.</summary>
internal sealed class RealmRegistrar(ServiceContext context)
{
    private const int Attempts = 16;

    public async ValueTask<Outcome<RealmSlotRow>> RegisterAsync(AppUser user, RealmRegistration registration, CancellationToken ct)
    {
        var key = context.Lookups.Ids.RealmSlot(registration.Slot);
        var subject = context.Lookups.Ids.Subject(user);
        var print = Fingerprint(registration);
        for (var attempt = 0; attempt < Attempts; attempt++)
        {
            if (await context.Keys.ReadAsync(key, ct) is { } taken)
            {
                var row = RealmSlotRow.Decode(taken.Value);
                var isSame = row.State != RealmSlotState.Destroyed && row.Subject.Span.SequenceEqual(subject.Id.Span)
                    && new Hash256(row.Registration.Span) == print;
                return isSame ? row : new ServiceFailure(ErrorCode.SlotExists) { Field = "slot" };
            }

            var writes = new List<RowWrite>();
            using var lease = context.Shares.Wrap();
            if (!await TryEnterAsync(RowIds.RealmSubject(subject), key, writes, ct)) return ServiceFailure.Limit("slots");
            var made = New(lease, user, subject, key, registration, print);
            writes.Add(new RowWrite.Create(key, made.Encode()));
            switch (await context.Keys.WriteAsync(writes, ct))
            {
                case WriteResult.Written:
                    return made;
                case WriteResult.Unavailable(_, var reason):
                    return ServiceFailure.Of(reason);
            }
        }
        return new ServiceFailure(ErrorCode.Unavailable);
    }

    private RealmSlotRow New(KekLease lease, AppUser user, RowKey subject, RowKey key, RealmRegistration registration, Hash256 print)
    {
        var (kek, sealedShare) = context.Shares.Seal(lease, key, registration.Share);
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
            RegisteredAt = context.NowSeconds,
            Events = default(RealmEvents).Add(context.Time.GetUtcNow(), RealmEventKind.Registered),
        };
    }

    // Puts the slot among its user's, where need be in place of those that are gone or were never confirmed.
    private async ValueTask<bool> TryEnterAsync(RowKey subject, RowKey slot, List<RowWrite> writes, CancellationToken ct)
    {
        var stored = await context.Keys.ReadAsync(subject, ct);
        var slots = (stored is null ? RealmSubjectRow.Empty : RealmSubjectRow.Decode(stored.Value)).Slots;
        if (slots.Length >= RealmLimits.SlotsOfSubject) slots = await MakeRoomAsync(slots, writes, ct);
        if (slots.Length >= RealmLimits.SlotsOfSubject) return false;

        var next = new RealmSubjectRow(slots.Add(slot)).Encode();
        writes.Add(stored is null ? new RowWrite.Create(subject, next) : new RowWrite.Replace(stored, next));
        return true;
    }

    private async ValueTask<ImmutableArray<RowKey>> MakeRoomAsync(ImmutableArray<RowKey> slots, List<RowWrite> writes, CancellationToken ct)
    {
        var kept = ImmutableArray.CreateBuilder<RowKey>();
        foreach (var slot in slots)
        {
            if (await context.Keys.ReadAsync(slot, ct) is not { } stored) continue;
            var row = RealmSlotRow.Decode(stored.Value);
            if (!RealmRules.MakesRoom(row, context.Time.GetUtcNow())) kept.Add(slot);
            else if (row.State != RealmSlotState.Destroyed) writes.Add(new RowWrite.Replace(stored, RealmSlotRow.Deleted().Encode()));
        }
        return kept.ToImmutable();
    }

    // The share stands in it by its public key.
    private static Hash256 Fingerprint(RealmRegistration registration) => Hash256.Of(
        [.. registration.SigningKey.ToArray(), .. registration.ManagementKey.ToArray(), .. registration.ShareKey.ToArray()]);
}
