using System.Collections.Immutable;
using KeyRecovery.Protocol.Realms;
using KeyRecovery.Protocol.Wire;
using KeyRecovery.Service.Accounts;
using KeyRecovery.Service.Clocks;
using KeyRecovery.Service.Errors;
using KeyRecovery.Service.Rows;
using KeyRecovery.Service.Stores;

namespace KeyRecovery.Service.Realms;

/// <summary>
/// Registers slots, once for each id, and gets to know their accounts so. Write order: the user's row names slot and
/// account, the account's row names the slot, the slot's row. So whatever is live is named twice, and an erasure that
/// closes the user's row finds all of it.
/// </summary>
internal sealed class RealmRegistrar(
    IKeyStore store, Lookups lookups, UserNames names, RealmShares shares, RealmKeys keys, RealmAccounts accounts,
    RealmAnswers answers, ServerClock clock)
{
    private const int Tries = 16;

    /// <summary>Keeps a share. The same registration again gets the slot's status.</summary>
    /// <param name="user">Whose, by an app token.</param>
    /// <param name="register">The registration.</param>
    /// <param name="request">SHA-256 of the request's body.</param>
    /// <param name="ct">Cancels what was not yet written.</param>
    public async ValueTask<Outcome<byte[]>> RegisterAsync(
        AppUser user, RealmRegister register, Hash256 request, CancellationToken ct)
    {
        if (register.Realm != keys.Identity.Fingerprint)
            return new ServiceFailure(ErrorCode.Refused) { Field = "realm" };
        RealmRegistration? opened = null;
        try
        {
            for (var tried = 0; tried < Tries; tried++)
            {
                var key = lookups.Ids.RealmAccount(register.Account);
                var (known, stored) = await accounts.ReadAsync(key, ct);
                var (account, failure) = accounts.Begin(user.App, known, register.Head, register.Links);
                if (account is null) return failure!;
                if (failure is null
                    && (!account.View!.Active.TryGetValue(register.Signer, out var signer)
                        || !register.IsSignedBy(signer.SigningKey)))
                {
                    return new ServiceFailure(ErrorCode.SignatureInvalid);
                }
                // Of an account of this server's own: a registration is a change of it.
                if (await store.ReadAsync(lookups.Ids.KeyRow(register.Account), ct) is { } home
                    && KeyRow.Decode(home.Value).IsSuspended) return new ServiceFailure(ErrorCode.Suspended);
                if (failure is not null)
                {
                    // A fork: kept as evidence, and nothing is registered.
                    if (ReferenceEquals(account, known)) return failure;
                    switch (await accounts.WriteAsync(known!, stored!, account, ct))
                    {
                        case null:
                            return failure;
                        case WriteResult.Unavailable(_, var reason):
                            return ServiceFailure.Of(reason);
                    }

                    continue;
                }

                opened ??= register.Open(keys.Identity, keys.Kem);
                switch (await TryAsync(user, register, opened, (key, stored), account, ct))
                {
                    case Outcome<Registered>.Failed(var refusal):
                        return refusal;
                    case Outcome<Registered>.Done({ Row: { } row } made):
                        await accounts.DestroyAsync(made.Account, ct);
                        return answers.Slot(register.Slot, row, made.Account, request);
                }
            }
            return new ServiceFailure(ErrorCode.Unavailable);
        }
        catch (WireFormatException)
        {
            return new ServiceFailure(ErrorCode.Malformed) { Field = "registration" };
        }
        finally
        {
            opened?.Dispose();
        }
    }

    // Without a row where another write was faster.
    private async ValueTask<Outcome<Registered>> TryAsync(
        AppUser user, RealmRegister register, RealmRegistration opened, (RowKey Key, Row? Stored) place,
        RealmAccountRow account, CancellationToken ct)
    {
        var key = lookups.Ids.RealmSlot(register.Slot);
        var subject = await names.AtRealmAsync(user, ct);
        var print = Hash256.Of([.. opened.SigningKey.ToArray(), .. opened.ShareKey.ToArray()]);
        if (await store.ReadAsync(key, ct) is { } taken)
        {
            var row = RealmSlotRow.Decode(taken.Value);
            var isSame = !row.IsDestroyed && names.IsOf(row.Subject, user)
                && row.Account.Span.SequenceEqual(place.Key.Id.Span) && new Hash256(row.Registration.Span) == print
                && account.Find(register.Slot) is not null;
            if (!isSame) return new ServiceFailure(ErrorCode.SlotExists) { Field = "slot" };
            await shares.MoveOnAsync(key, null, ct);
            return new Registered(row, account);
        }

        var writes = new List<RowWrite>();
        if (await NameAsync(RowIds.RealmSubject(subject), key, place.Key, writes, ct) is { } refused) return refused;
        var slot = new RealmAccountSlot(
            register.Slot, opened.SigningKey.ToArray(), register.Signer, clock.Now.Latest);
        var others = account.Slots.RemoveAll(s => s.Slot == slot.Slot);
        if (others.Length >= RealmLimits.SlotsOfAccount) others = await MakeRoomAsync(account, others, writes, ct);
        if (others.Length >= RealmLimits.SlotsOfAccount)
            return ServiceFailure.Limit("slots", RealmLimits.SlotsOfAccount, others.Length);
        var next = account with { Slots = others.Add(slot with { IsSeen = slot.IsActiveIn(account.View!) }) };
        writes.Add(next.Write(place.Key, place.Stored));

        using var lease = shares.Wrap();
        var (kek, sealedShare) = shares.Seal(lease, key, opened.Share);
        var made = new RealmSlotRow
        {
            App = user.App,
            Subject = subject.Id,
            Kek = kek,
            SealedShare = sealedShare,
            ShareKey = opened.ShareKey.ToArray(),
            SigningKey = opened.SigningKey.ToArray(),
            Registration = print.ToArray(),
            Account = place.Key.Id,
            Events = default(RealmEvents).Add(clock.Steady, RealmEventKind.Registered),
        };
        writes.Add(new RowWrite.Create(key, made.Encode()));
        switch (await store.WriteAsync(writes, ct))
        {
            case WriteResult.Unavailable(_, var reason):
                return ServiceFailure.Of(reason);
            case WriteResult.Refused:
                return new Registered(null, account);
        }
        await shares.MoveOnAsync(key, lease, ct);
        return new Registered(made, next);
    }

    private async ValueTask<ServiceFailure?> NameAsync(
        RowKey subject, RowKey slot, RowKey account, List<RowWrite> writes, CancellationToken ct)
    {
        var stored = await store.ReadAsync(subject, ct);
        var row = stored is null ? RealmSubjectRow.Empty : RealmSubjectRow.Decode(stored.Value);
        if (row.ClosedBy is not null) return new ServiceFailure(ErrorCode.Erased);
        // A name that is there, of an earlier try, is written again, so that whoever is about to let it go is refused.
        if (!row.Slots.Contains(slot))
        {
            if (row.Day != clock.Now.Day) row = row with { Day = clock.Now.Day, Registrations = 0 };
            if (row.Registrations >= RealmLimits.RegistrationsPerDay)
                return ServiceFailure.Limit("registrations", RealmLimits.RegistrationsPerDay, row.Registrations);
            if (row.Slots.Length >= RealmLimits.SlotsOfUser) row = row with { Slots = await LiveAsync(row.Slots, ct) };
            if (row.Slots.Length >= RealmLimits.SlotsOfUser)
                return ServiceFailure.Limit("slots", RealmLimits.SlotsOfUser, row.Slots.Length);
            row = row with { Registrations = row.Registrations + 1 };
        }
        var next = row.Name(slot, account).Encode();
        writes.Add(stored is null ? new RowWrite.Create(subject, next) : new RowWrite.Replace(stored, next));
        return null;
    }

    // A slot that is named and has no row may be on its way: it stays.
    private async ValueTask<ImmutableArray<RowKey>> LiveAsync(ImmutableArray<RowKey> slots, CancellationToken ct)
    {
        var live = ImmutableArray.CreateBuilder<RowKey>();
        foreach (var slot in slots)
        {
            if (await store.ReadAsync(slot, ct) is not { } stored
                || !RealmSlotRow.Decode(stored.Value).IsDestroyed) live.Add(slot);
        }
        return live.ToImmutable();
    }

    private async ValueTask<ImmutableArray<RealmAccountSlot>> MakeRoomAsync(
        RealmAccountRow account, ImmutableArray<RealmAccountSlot> slots, List<RowWrite> writes, CancellationToken ct)
    {
        var gone = RealmSlotRow.Deleted.Encode();
        foreach (var slot in slots.Where(slot => account.GivesWay(slot, clock.Now)))
        {
            var key = lookups.Ids.RealmSlot(slot.Slot);
            if (await store.ReadAsync(key, ct) is not { } stored) writes.Add(new RowWrite.Create(key, gone));
            else if (!RealmSlotRow.Decode(stored.Value).IsDeleted) writes.Add(new RowWrite.Replace(stored, gone));
        }
        return slots.RemoveAll(slot => account.GivesWay(slot, clock.Now));
    }

    /// <summary>What came of a try.</summary>
    private sealed record Registered(RealmSlotRow? Row, RealmAccountRow Account);
}
