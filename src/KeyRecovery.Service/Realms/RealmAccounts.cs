using System.Collections.Immutable;
using KeyRecovery.Protocol.Realms;
using KeyRecovery.Protocol.Vault;
using KeyRecovery.Protocol.Wire;
using KeyRecovery.Service.Accounts;
using KeyRecovery.Service.Clocks;
using KeyRecovery.Service.Errors;
using KeyRecovery.Service.Rows;
using KeyRecovery.Service.Stores;

namespace KeyRecovery.Service.Realms;

/// <summary>
/// What this realm knows of accounts (docs/protocol.md §14.4): it follows heads, and does what the authorities ask. The
/// account's row decides, in one write; slots that have left the chain are destroyed behind it, and whoever comes next
/// finishes that.
/// </summary>
internal sealed class RealmAccounts(
    IKeyStore store, Lookups lookups, UserNames names, IAppPolicies policies, VerifyKey ownHome, RealmKeys keys,
    RealmAnswers answers,
    ServerClock clock, IEvidenceLog log)
{
    private const int Tries = 16;

    /// <summary>Follows a newer head, whoever brings it.</summary>
    public async ValueTask<Outcome<byte[]>> FollowAsync(RealmFollow follow, Hash256 request, CancellationToken ct)
    {
        for (var tried = 0; tried < Tries; tried++)
        {
            var (account, stored) = await ReadAsync(lookups.Ids.RealmAccount(follow.Head.Head.Account), ct);
            if (account?.View is not { } view) return new ServiceFailure(ErrorCode.NotFound);
            var (next, failure) = Move(account, follow.Head, follow.Links, follow.Claims, follow.Fork);
            if (next is null) return failure!;
            if (!ReferenceEquals(next, account) && await WriteAsync(account, stored!, next, ct) is { } refused)
            {
                if (refused is WriteResult.Unavailable(_, var reason)) return ServiceFailure.Of(reason);
                continue;
            }
            await DestroyAsync(next, ct);
            return failure is null ? answers.Heads(next.View ?? view, request) : failure;
        }
        return new ServiceFailure(ErrorCode.Unavailable);
    }

    /// <summary>Does what an authority asks.</summary>
    /// <param name="command">The command.</param>
    /// <param name="user">The new user, with <see cref="RealmAction.Subject"/>; else null.</param>
    /// <param name="request">SHA-256 of the request's body.</param>
    /// <param name="ct">Cancels what was not yet written.</param>
    public async ValueTask<Outcome<byte[]>> CommandAsync(
        RealmCommand command, AppUser? user, Hash256 request, CancellationToken ct)
    {
        if (command.Realm != keys.Identity.Fingerprint) return Refused("realm");
        for (var tried = 0; tried < Tries; tried++)
        {
            var (account, stored) = await ReadAsync(lookups.Ids.RealmAccount(command.Account), ct);
            if (account?.View is null) return new ServiceFailure(ErrorCode.SignatureInvalid);
            var (moved, failure) = Move(account, command.Head, command.Links, [], null);
            if (moved is null) return failure!;
            var (next, refusal, noted) = failure is null ? Do(moved, command) : (moved, failure, null);
            if (!ReferenceEquals(next, account) && await WriteAsync(account, stored!, next, ct) is { } lost)
            {
                if (lost is WriteResult.Unavailable(_, var reason)) return ServiceFailure.Of(reason);
                continue;
            }
            await DestroyAsync(next, ct);
            return refusal is not null ? refusal : await AnswerAsync(command, user, next, noted, request, ct);
        }
        return new ServiceFailure(ErrorCode.Unavailable);
    }

    /// <summary>Takes the home's receipt of an erasure: nothing is evaluated any more, and all goes in 72 hours.
    /// </summary>
    public async ValueTask<Outcome<byte[]>> ReceiptAsync(RealmReceipt receipt, Hash256 request, CancellationToken ct)
    {
        for (var tried = 0; tried < Tries; tried++)
        {
            var (account, stored) = await ReadAsync(lookups.Ids.RealmAccount(receipt.Account), ct);
            var told = receipt.Receipt;
            // First, so that nobody without one learns whom the realm knows.
            if (!HomesOf(told.Receipt.App).Any(told.IsSignedBy)) return Refused("receipt");
            if (account?.View is not { } view) return new ServiceFailure(ErrorCode.NotFound);
            if (told.Receipt.App != account.App) return Refused("receipt");
            var id = told.Receipt.Id.ToArray();
            // The one that was objected to says nothing new.
            if (account.ReceiptAt != 0 || account.Receipt.Span.SequenceEqual(id)) return answers.Heads(view, request);
            var next = account with { ReceiptAt = clock.Now.Latest, Receipt = id };
            switch (await WriteAsync(account, stored!, next, ct))
            {
                case null:
                    return answers.Heads(view, request);
                case WriteResult.Unavailable(_, var reason):
                    return ServiceFailure.Of(reason);
            }
        }
        return new ServiceFailure(ErrorCode.Unavailable);
    }

    /// <summary>Reads an account's row.</summary>
    public async ValueTask<(RealmAccountRow? Account, Row? Stored)> ReadAsync(RowKey key, CancellationToken ct)
    {
        var stored = await store.ReadAsync(key, ct);
        return (stored is null ? null : RealmAccountRow.Decode(stored), stored);
    }

    /// <summary>Begins to know an account, or moves on with it.</summary>
    /// <returns>The row to write, which is the same where nothing changed; with a failure where it is a fork; none
    /// where head and links are refused.</returns>
    public (RealmAccountRow? Next, ServiceFailure? Failure) Begin(
        string app, RealmAccountRow? account, SignedHead head, ImmutableArray<ReadOnlyMemory<byte>> links)
    {
        if (account is not null)
            return account.View is null || account.App == app
                ? Move(account, head, links, [], null) : (null, Refused("head"));
        return Judge(() => RealmView.Begin(app, head, links, HomesOf(app), answers.Moment) switch
        {
            RealmVerdict.Newer(var view) => (new RealmAccountRow(app, view, []), null),
            RealmVerdict.Refused(var fault) => (null, Refused(fault)),
            _ => throw new InvalidOperationException(),
        });
    }

    /// <summary>Writes a row over what was read. What it keeps as evidence anew is logged.</summary>
    /// <returns>Null where it is written.</returns>
    public async ValueTask<WriteResult?> WriteAsync(
        RealmAccountRow was, Row stored, RealmAccountRow next, CancellationToken ct)
    {
        if (next.EvidenceSince(was) is not { } evidence)
            return await WriteAsync([next.Write(stored.Key, stored)], ct);
        var (id, outbox) = log.Plan(evidence, stored);
        var refused = await WriteAsync([outbox, next.Write(stored.Key, stored, id)], ct);
        if (refused is null) log.Wake();
        return refused;
    }

    /// <summary>Destroys the shares of slots that are over. The account's row has said so before.</summary>
    public async ValueTask DestroyAsync(RealmAccountRow account, CancellationToken ct)
    {
        foreach (var slot in account.Slots.Where(slot => account.IsOver(slot, clock.Now)))
        {
            var key = lookups.Ids.RealmSlot(slot.Slot);
            if (await store.ReadAsync(key, ct) is not { } stored) continue;
            var row = RealmSlotRow.Decode(stored.Value);
            if (row.IsDestroyed) continue;
            await store.WriteAsync(
                [new RowWrite.Replace(stored, RealmRules.Destroy(row, clock.Steady).Encode())], ct);
        }
    }

    /// <summary>Destroys what a wait is over for that nobody has come to since.</summary>
    public async ValueTask SweepAsync(CancellationToken ct)
    {
        await foreach (var stored in store.ScanAsync(Table.RealmAccounts, ct))
        {
            try
            {
                await DestroyAsync(RealmAccountRow.Decode(stored), ct);
            }
            catch (WireFormatException)
            {
                // The check tells of it, and nobody else's waits for it.
            }
        }
    }

    private (RealmAccountRow? Next, ServiceFailure? Failure) Move(
        RealmAccountRow account, SignedHead head, ImmutableArray<ReadOnlyMemory<byte>> links,
        ImmutableArray<ReadOnlyMemory<byte>> claims, RealmFork? fork)
    {
        if (account.View is not { } view) return (null, new ServiceFailure(ErrorCode.Erased));
        return Judge(() => view.Follow(
            keys.Identity.Fingerprint, account.App, head, links, claims, fork, HomesOf(account.App), answers.Moment)
            switch
        {
            RealmVerdict.Refused(var fault) => (null, Refused(fault)),
            RealmVerdict.Newer(var next) => (account.Follow(next, slot => slot with { IsGone = true }), null),
            // What it lacks then may come again.
            RealmVerdict.Restored(var next) => (
                account.Follow(next, slot => slot with { MissingSince = clock.Now.Latest }), null),
            RealmVerdict.Left(var next) => (
                account.Follow(next, slot => slot with { LeftSince = clock.Now.Latest }), null),
            RealmVerdict.Fork(var next) => (
                next == view ? account : account with { View = next },
                new ServiceFailure(ErrorCode.Conflict) { Field = "head" }),
            _ => (account, null),
        });
    }

    // A status changes nothing; each of the others raises the count. What is news of the slot is noted there.
    private (RealmAccountRow Next, ServiceFailure? Refusal, RealmEventKind? Noted) Do(
        RealmAccountRow account, RealmCommand command)
    {
        var view = account.View!;
        if (!view.Active.TryGetValue(command.Signer, out var signer) || !command.IsSignedBy(signer.SigningKey))
            return Refuse(new ServiceFailure(ErrorCode.SignatureInvalid));
        if (account.Find(command.Slot) is not { } slot) return Refuse(new ServiceFailure(ErrorCode.NotFound));
        if (command.Action == RealmAction.Status) return (account, null, null);

        var isKnown = answers.Moment.Knows(signer);
        var isRegistrar = slot.RegisteredBy == signer.Id && command.Action != RealmAction.Objection;
        if (!isKnown && !isRegistrar) return Refuse(ServiceFailure.Forbidden("signer"));
        if (command.Count != view.Count) return Refuse(new ServiceFailure(ErrorCode.Conflict) { Field = "count" });
        if (account.IsOver(slot, clock.Now)) return Refuse(new ServiceFailure(ErrorCode.SlotLocked));

        var (counted, wasPaused) = (
            account with { View = view with { Count = view.Count + 1 } }, slot.IsPaused(clock.Now));
        return command.Action switch
        {
            RealmAction.Pause => (
                counted.With(slot with { PausedAt = clock.Now.Latest }), null,
                wasPaused ? null : RealmEventKind.Paused),
            RealmAction.Resume => (
                counted.With(slot with { PausedAt = 0 }), null, wasPaused ? RealmEventKind.Resumed : null),
            RealmAction.Objection => (
                counted with { ReceiptAt = 0, View = counted.View!.WithObjection(answers.Moment) }, null, null),
            _ => (counted, null, null),
        };

        (RealmAccountRow, ServiceFailure?, RealmEventKind?) Refuse(ServiceFailure failure) => (account, failure, null);
    }

    private async ValueTask<Outcome<byte[]>> AnswerAsync(
        RealmCommand command, AppUser? user, RealmAccountRow account, RealmEventKind? noted, Hash256 request,
        CancellationToken ct)
    {
        var key = lookups.Ids.RealmSlot(command.Slot);
        for (var tried = 0; tried < Tries; tried++)
        {
            if (await store.ReadAsync(key, ct) is not { } stored) return new ServiceFailure(ErrorCode.NotFound);
            var row = RealmSlotRow.Decode(stored.Value);
            if (row.IsDeleted || (row.IsDestroyed && command.Action != RealmAction.Status))
                return new ServiceFailure(ErrorCode.SlotLocked);
            if (noted is { } kind) row = row with { Events = row.Events.Add(clock.Steady, kind) };
            var next = await NextAsync(command, user, row, key, ct);
            switch (next)
            {
                case Outcome<RealmSlotStep>.Failed(var failure):
                    return failure;
                case Outcome<RealmSlotStep>.Done({ Writes.Count: 0 } step) when noted is null:
                    return answers.Slot(command.Slot, step.Row, account, request, withEvents: true);
                case Outcome<RealmSlotStep>.Done(var step):
                    var result = await store.WriteAsync(
                        [.. step.Writes, new RowWrite.Replace(stored, step.Row.Encode()), .. step.After], ct);
                    if (result is WriteResult.Unavailable(_, var reason)) return ServiceFailure.Of(reason);
                    if (result is WriteResult.Written)
                        return answers.Slot(command.Slot, step.Row, account, request, withEvents: true);
                    break;
            }
        }
        return new ServiceFailure(ErrorCode.Unavailable);
    }

    // What a command writes into the slot's own row: events, and whose it is. The user's row names the slot first.
    private async ValueTask<Outcome<RealmSlotStep>> NextAsync(
        RealmCommand command, AppUser? user, RealmSlotRow row, RowKey key, CancellationToken ct)
    {
        if (command.Action != RealmAction.Subject || user is null)
            return new RealmSlotStep(row, [], []);
        var subject = lookups.Ids.Subject(user);
        if (user.App != row.App) return Refused("token");
        if (names.IsOf(row.Subject, user)) return new RealmSlotStep(row, [], []);
        var account = new RowKey(Table.RealmAccounts, row.Account);
        var place = RowIds.RealmSubject(subject);
        var stored = await store.ReadAsync(place, ct);
        var theirs = stored is null ? RealmSubjectRow.Empty : RealmSubjectRow.Decode(stored.Value);
        if (theirs.ClosedBy is not null) return new ServiceFailure(ErrorCode.Erased);
        if (!theirs.Slots.Contains(key) && theirs.Slots.Length >= RealmLimits.SlotsOfUser)
            return ServiceFailure.Limit("slots", RealmLimits.SlotsOfUser, theirs.Slots.Length);
        var named = theirs.Name(key, account);
        RowWrite name = stored is null
            ? new RowWrite.Create(place, named.Encode()) : new RowWrite.Replace(stored, named.Encode());

        var before = new RowKey(Table.RealmSubjects, row.Subject);
        List<RowWrite> after = await store.ReadAsync(before, ct) is { } old
            && RealmSubjectRow.Decode(old.Value) is var was && was.Slots.Contains(key)
            ? [new RowWrite.Replace(old, (was with { Slots = was.Slots.Remove(key) }).Encode())] : [];
        return new RealmSlotStep(row with { Subject = subject.Id }, [name], after);
    }

    private async ValueTask<WriteResult?> WriteAsync(RowWrite[] writes, CancellationToken ct) =>
        await store.WriteAsync(writes, ct) is var result and not WriteResult.Written ? result : null;

    // This server vouches for its own accounts; for others', whom the app's policy names.
    private ImmutableArray<VerifyKey> HomesOf(string app) => [ownHome, .. policies.Of(app).Homes];

    private static (RealmAccountRow?, ServiceFailure?) Judge(
        Func<(RealmAccountRow? Next, ServiceFailure? Failure)> judge)
    {
        try
        {
            return judge();
        }
        catch (WireFormatException)
        {
            return (null, new ServiceFailure(ErrorCode.Malformed) { Field = "links" });
        }
        catch (UpgradeRequiredException)
        {
            return (null, Refused(ProtocolFault.UpgradeRequired));
        }
    }

    private static ServiceFailure Refused(string field) => new(ErrorCode.Refused) { Field = field };

    private static ServiceFailure Refused(ProtocolFault fault) => new(ErrorCode.Refused)
    {
        Field = fault is ProtocolFault.HeadSignature or ProtocolFault.OtherAccount ? "head" : "links",
        Rule = fault,
    };

    /// <summary>What a command makes of a slot's row.</summary>
    private sealed record RealmSlotStep(RealmSlotRow Row, List<RowWrite> Writes, List<RowWrite> After);
}
