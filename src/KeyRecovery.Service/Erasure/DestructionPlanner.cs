using System.Collections.Immutable;
using KeyRecovery.Protocol.Audit;
using KeyRecovery.Protocol.Vault;
using KeyRecovery.Service.Accounts;
using KeyRecovery.Service.Keys;
using KeyRecovery.Service.Realms;
using KeyRecovery.Service.Rows;
using KeyRecovery.Service.Stores;
using KeyRecovery.Service.UseCases;

namespace KeyRecovery.Service.Erasure;

/// <summary>
/// Plans the destruction of an account's key: reads, and writes nothing. Read in this order: erasure row, key row,
/// account, chain. So a plan that takes another's place in the erasure row was made from a key row at least as new, and
/// the tombstone, which demands the key row as it was read here, never meets a plan that lacks what was claimed since.
/// </summary>
internal sealed class DestructionPlanner(
    ServiceContext context, ErasureRows rows, ErasureLeaves leaves, IKekRing ring)
{
    /// <summary>Plans from fresh reads.</summary>
    /// <param name="keyRow">The account's key row.</param>
    /// <param name="request">Who asks, for what; where it is held, it must still be the one that is.</param>
    /// <param name="wasErased">Whether the account was erased before, and an older key store has brought it back: no
    /// legal hold of that day counts.</param>
    /// <param name="ct">Cancels.</param>
    /// <exception cref="ErasureBlockedException">A device asked, and whether it still stands in the chain cannot be
    /// seen.</exception>
    public async ValueTask<Destruction> PlanAsync(
        RowKey keyRow, ErasureRow request, bool wasErased, CancellationToken ct)
    {
        var (known, knownRow) = await rows.ReadAsync(keyRow, ct);
        var stored = await context.Keys.ReadAsync(keyRow, ct);
        if (stored is null) return await WithoutKeyRowAsync(keyRow, known, ct);
        var key = KeyRow.Decode(stored.Value);
        if (key.State == KeyRowState.Erased) return new Destruction.Done();
        // In the row that the tombstone replaces as it was read: a hold that comes later is met by its token.
        if (!wasErased && key.IsLegallyHeld) return new Destruction.Held();
        try
        {
            return await PlanAsync(keyRow, request, known, knownRow, key, stored, ct);
        }
        catch (AccountErasedException)
        {
            // By another instance, since its key row was read.
            return new Destruction.Done();
        }
    }

    private async ValueTask<Destruction> PlanAsync(
        RowKey keyRow, ErasureRow request, ErasureRow? known, Row? knownRow, KeyRow key, Row stored,
        CancellationToken ct)
    {
        if (request.Phase == ErasurePhase.Held && (known?.Id != request.Id || known.Phase == ErasurePhase.Cancelled))
            return new Destruction.Cancelled();
        // Somebody else has asked for one, or this one was called off.
        if (request.IsForInactivity && known is not null
            && (known.Id == request.Id) == (known.Phase == ErasurePhase.Cancelled)) return new Destruction.Cancelled();

        // What an operator has decided is carried out, whoever comes to do it. That nobody uses the account is no
        // decision about it, and gives way to one.
        var asked = known is
        {
            Phase: ErasurePhase.Erasing, RequestedBy: ErasureRequester.Operator, IsForInactivity: false,
        } ? known : request;
        using var account = await context.SubjectKeys.OpenAsync(keyRow, key, ct);
        var data = await context.Data.ReadAsync(account.Account, ct);
        var state = data is null ? null : TryOpen(account, data);
        // Read after the key row: a link that was acknowledged has moved that row on.
        var isBehind = state is null || await context.Openings.IsBehindAsync(account, key, state, ct);
        // By the row that the tombstone replaces: of a use and an erasure at once, one is refused.
        if (asked.IsForInactivity && (isBehind || await IsUsedAsync(asked.App, key, ct)))
            return new Destruction.AskerGone(CallOff(keyRow, account, state, asked, stored, known, knownRow));
        if (asked.Asker is { } asker)
        {
            // Lost, damaged or restored from before a removal: in data of an older day a removed asker still stands.
            if (isBehind)
                throw new ErasureBlockedException(
                    "an account that a device asks to erase must be repaired by a device first");
            if (!state!.Authorities.ContainsKey(asker))
                return new Destruction.AskerGone(CallOff(keyRow, account, state, asked, stored, known, knownRow));
        }

        var plan = new ErasurePlan
        {
            Locator = account.Locator.ToArray(),
            Kept = state is null ? null : data,
            Rows = await RowsAsync(asked.Account!.Value, asked.App, account, state, isBehind, ct),
        };
        var (name, planned) = rows.Plans.Write(keyRow, plan);
        await ring.RefreshAsync(ct);
        var kek = Math.Max(ring.Current.Id.Value, key.Kek.Value);
        var next = asked with { Phase = ErasurePhase.Erasing, Cancellers = [], Untold = [], Plan = name, Kek = kek };
        // One that is held, or under way, was told when it was asked for.
        var isTold = known is { Phase: ErasurePhase.Held or ErasurePhase.Erasing } && known.Id == asked.Id;
        var logged = isTold ? null : leaves.OfRequest(
            AuditEvent.ErasureRequested, ActorOf(asked), account, asked.Account!.Value, state, keyRow, knownRow,
            asked);
        List<RowWrite> before = [.. planned, .. rows.Write(keyRow, next, knownRow, logged)];
        return new Destruction.Write(
            [
                .. before,
                new RowWrite.Replace(stored, Tombstone()),
                .. await RealmErasure.PlanAsync(context.Keys, keyRow, plan.RealmSubjects, plan.Shares, ct),
            ],
            before.Count, state is null ? [] : [.. state.Authorities.Keys]);
    }

    // The key row of a creation that died goes without an erasure. Where one was decided before, its tombstone stays
    // due.
    private async ValueTask<Destruction> WithoutKeyRowAsync(RowKey keyRow, ErasureRow? known, CancellationToken ct)
    {
        if (known is not { Phase: ErasurePhase.Erasing, Plan: { } name }) return new Destruction.NoAccount();
        var plan = await rows.Plans.ReadAsync(keyRow, name, ct);
        var shares = await RealmErasure.PlanAsync(context.Keys, keyRow, plan.RealmSubjects, plan.Shares, ct);
        return new Destruction.Write([new RowWrite.Create(keyRow, Tombstone()), .. shares], 0, []);
    }

    // The key row is written first, as it is: whoever has planned with it and not come to the tombstone is refused
    // there.
    private ImmutableArray<RowWrite> CallOff(
        RowKey keyRow, AccountRows account, AccountState? state, ErasureRow asked, Row key, ErasureRow? known,
        Row? knownRow)
    {
        if (known?.Id != asked.Id) return [];
        var logged = leaves.OfRequest(
            AuditEvent.ErasureCancelled, ErasureActor.Server, account, asked.Account!.Value, state, keyRow, knownRow,
            asked);
        var off = rows.Write(
            keyRow, known with { Phase = ErasurePhase.Cancelled, Plan = null, Untold = known.Tell(logged.Entry) },
            knownRow, logged);
        return known.Phase == ErasurePhase.Erasing ? [new RowWrite.Replace(key, key.Value), .. off] : [.. off];
    }

    // Used since, or the rule is another one: whatever a pass of before has seen.
    private async ValueTask<bool> IsUsedAsync(string app, KeyRow key, CancellationToken ct) =>
        (await context.Inactivity.ReadAsync(app, ct))?.StepOf(key) != InactivityStep.Erase;

    private static ErasureActor ActorOf(ErasureRow asked) => asked.IsForInactivity ? ErasureActor.Server
        : asked.RequestedBy == ErasureRequester.Operator
            ? ErasureActor.Operator : new ErasureActor(AuditRole.Device, asked.Asker, "");

    // No KEK, no link: nothing that ties it to a copy of the data from before.
    private byte[] Tombstone() => new KeyRow(KeyRowState.Erased, default, default, null, context.Now.Wall).Encode();

    private static AccountState? TryOpen(AccountRows account, Row data)
    {
        try
        {
            return AccountRow.Decode(account.Open(data));
        }
        catch (Exception e) when (e is RowDamagedException or AccountErasedException)
        {
            return null;
        }
    }

    private async ValueTask<ImmutableArray<PlannedRow>> RowsAsync(
        AccountId account, string app, AccountRows rows, AccountState? state, bool isBehind, CancellationToken ct)
    {
        var ids = context.Lookups.Ids;
        var (slots, isWhole) = state is null ? ([], false) : await SlotsAsync(rows, state, ct);
        HashSet<RowKey> lookups = [.. slots.Select(s => ids.Slot(s.Id))];
        lookups.UnionWith(await SubjectsAsync(account, state, ct));
        lookups.UnionWith((state?.User.App ?? app) is var known && known != AppUser.Unknown
            ? [ids.AppAccount(known, account)] : await LookupsAsync(Table.AppAccounts, account, ct));
        // What the chain cannot tell, the lookups themselves do.
        if (!isWhole || isBehind) lookups.UnionWith(await LookupsAsync(Table.Slots, account, ct));
        return
        [
            .. lookups.Select(row => new PlannedRow(row)),
            .. slots.Where(s => s.Kind == AuthorityKind.Passphrase)
                .Select(s => new PlannedRow(ids.RealmSlot(s.Id), s.Key.ToArray())),
        ];
    }

    // Every slot that ever stood in the chain: a removed one's lookup may still be there. False where a link is
    // damaged.
    private async ValueTask<(IReadOnlyCollection<(AuthorityId Id, AuthorityKind Kind, VerifyKey Key)> Slots,
        bool IsWhole)> SlotsAsync(
            AccountRows rows, AccountState state, CancellationToken ct)
    {
        var slots = state.Authorities.Values.Where(a => a.IsSlot)
            .ToDictionary(a => a.Id, a => (a.Id, a.Kind, a.SigningKey));
        try
        {
            await foreach (var entry in new ChainLinkReader(context.Data, rows, state).ReadAllAsync(ct))
                foreach (var added in SignedChainLink.Decode(entry.Link).Link.Add
                    .Where(a => a.Kind != AuthorityKind.Device))
                    slots[added.Id] = (added.Id, added.Kind, added.SigningKey);
        }
        catch (RowDamagedException)
        {
            return (slots.Values, false);
        }

        return (slots.Values, true);
    }

    private async ValueTask<IEnumerable<RowKey>> SubjectsAsync(
        AccountId account, AccountState? state, CancellationToken ct) =>
        state is not null && state.User.Issuer != AppUser.Unknown
            ? context.Names.PlacesOf(state.User)
            // The user's name was lost with the data; the lookup still leads to the account.
            : await LookupsAsync(Table.Subjects, account, ct);

    private async ValueTask<IReadOnlyList<RowKey>> LookupsAsync(Table table, AccountId account, CancellationToken ct)
    {
        var found = new List<RowKey>();
        await foreach (var lookup in context.Keys.ScanAsync(table, ct))
            if (context.Lookups.Open(lookup) == account) found.Add(lookup.Key);
        return found;
    }
}
