using System.Collections.Immutable;
using KeyRecovery.Protocol.Audit;
using KeyRecovery.Protocol.Vault;
using KeyRecovery.Service.Accounts;
using KeyRecovery.Service.Errors;
using KeyRecovery.Service.Gate;
using KeyRecovery.Service.Rows;
using KeyRecovery.Service.Stores;
using KeyRecovery.Service.UseCases;

namespace KeyRecovery.Service.Erasure;

/// <summary>
/// Erasures that devices ask for: held, told to whoever looks, and cancelled by whoever was there (docs/protocol.md
/// §15.2).
/// </summary>
internal sealed class ErasureHolds(ServiceContext context, ErasureRows rows, ErasureLeaves leaves)
{
    private const int Attempts = 4;

    private static readonly TimeSpan Remembered = TimeSpan.FromHours(72);

    private readonly ActivityWriter _activity = new(context);

    /// <param name="account">Whose; a device asks.</param>
    /// <param name="round">As the status told it.</param>
    /// <param name="mustWait">Whether it is held also where the policy knows no hold: a legal one stands.</param>
    /// <param name="ct">Cancels.</param>
    /// <returns>The one that is held; or one to be done at once, of which nothing is written.</returns>
    public async ValueTask<Outcome<ErasureRow>> RequestAsync(
        OpenAccount account, ulong round, bool mustWait, CancellationToken ct)
    {
        var actor = account.Actor;
        if (actor.IsSlot) return ServiceFailure.Forbidden("keyid");
        // A clock that was moved makes nobody older, and no hold shorter.
        if (actor.IsYoung(context.Now))
            return new ServiceFailure(ErrorCode.YoungAuthority) { TrustedFrom = actor.TrustedFrom };
        for (var attempt = 0; attempt < Attempts; attempt++)
        {
            var (known, stored) = await rows.ReadAsync(account.KeyRowKey, ct);
            // One that was called off since: asked once, it is not asked for again by whoever recorded it.
            if (round != RoundOf(known, account)) return OtherRound;
            if (known is not null && !IsVoid(known, account)) return known;
            var row = await NewAsync(account, round, mustWait || account.IsLegallyHeld, ct);
            // Without a hold there is nothing to remember before it is done.
            if (row.Phase == ErasurePhase.Erasing) return row;
            if (await context.KeyRows.AnnounceAsync(account.KeyRowKey, ct) is { } failure) return failure;
            var logged = leaves.OfRequest(
                AuditEvent.ErasureRequested, new ErasureActor(AuditRole.Device, actor.Id, account.Network),
                account.Rows, account.State.Account, account.State, account.KeyRowKey, stored, row);
            row = row with { Untold = (known ?? row).Tell(logged.Entry) };
            switch (await context.Keys.WriteAsync(rows.Write(account.KeyRowKey, row, stored, logged), ct))
            {
                case WriteResult.Written:
                    context.Log.Wake();
                    return row;
                case WriteResult.Unavailable(_, var reason):
                    return ServiceFailure.Of(reason);
            }
        }

        return new ServiceFailure(ErrorCode.Unavailable);
    }

    public async ValueTask<ErasureStatus> StatusAsync(OpenAccount account, CancellationToken ct) =>
        (await rows.ReadAsync(account.KeyRowKey, ct)).Row is var row && (row is null || IsVoid(row, account))
            ? ErasureStatus.None(RoundOf(row, account)) with { HasLegalHold = account.IsLegallyHeld }
            : Status(row, account.IsLegallyHeld);

    /// <summary>
    /// How long a held one still waits, for every device that reads its vault; null where none is held.
    /// </summary>
    public async ValueTask<TimeSpan?> DueInAsync(OpenAccount account, CancellationToken ct)
    {
        if (!account.MayBeHeld) return null;
        try
        {
            return await StatusAsync(account, ct) is { State: ErasureState.Held or ErasureState.Erasing } status
                ? TimeSpan.FromMilliseconds(status.DueInMs)
                : null;
        }
        catch (RowDamagedException)
        {
            // Whoever takes erasures on tells of it: nobody's keys are withheld for it.
            return null;
        }
    }

    /// <summary>Whether a held one's time has come; null where the clock was moved and it cannot be told.</summary>
    public bool? IsDue(ErasureRow row) => context.Clock.HasPassed(DateTimeOffset.FromUnixTimeSeconds((long)row.DueAt));

    public ErasureStatus Status(ErasureRow row, bool isLegallyHeld = false) => row.Phase switch
    {
        ErasurePhase.Held when isLegallyHeld || IsDue(row) != true =>
            new(ErasureState.Held, row.RequestedAt,
                Math.Max(0, (long)row.DueAt - (long)context.Now.Earliest) * 1000, row.Round, default)
            {
                HasLegalHold = isLegallyHeld,
            },
        ErasurePhase.Held or ErasurePhase.Erasing => new(ErasureState.Erasing, row.RequestedAt, 0, row.Round, default),
        ErasurePhase.Erased => new(ErasureState.Erased, row.RequestedAt, 0, row.Round, row.Receipt),
        _ => ErasureStatus.None(row.Round + 1),
    };

    /// <summary>Cancels for whoever was an authority at the request or in the three days before it.</summary>
    /// <param name="keyId">Who signs.</param>
    /// <param name="round">Which; null for whichever there is, from a signer who cannot ask any more.</param>
    /// <param name="verify">Whether the request's signature verifies under a key.</param>
    /// <param name="network">From which network it comes.</param>
    /// <param name="ct">Cancels.</param>
    /// <returns>True where it is cancelled; false where that signer may not, or there is nothing: the gate tells
    /// which.</returns>
    public async ValueTask<Outcome<bool>> TryCancelAsync(
        KeyId keyId, ulong? round, Func<VerifyKey, bool> verify, string network, CancellationToken ct)
    {
        var account = keyId.Account;
        if (account is null
            && await context.Keys.ReadAsync(context.Lookups.Ids.Slot(keyId.Authority), ct) is { } lookup)
            account = context.Lookups.Open(lookup);
        if (account is null) return false;
        var keyRow = context.Lookups.Ids.KeyRow(account.Value);
        for (var attempt = 0; attempt < Attempts; attempt++)
        {
            var (row, stored) = await rows.ReadAsync(keyRow, ct);
            if (row is not { Phase: ErasurePhase.Held or ErasurePhase.Cancelled }) return false;
            var canceller = row.Cancellers.FirstOrDefault(c => c.Id == keyId.Authority).Key;
            if (canceller is null || !verify(canceller)) return false;
            if (round is { } named && named != row.Round) return OtherRound;
            // The same once more, whose answer was lost; its signer may have been removed since.
            if (row.Phase == ErasurePhase.Cancelled) return true;
            var role = keyId.Account is null ? AuditRole.Slot : AuditRole.Device;
            if (await CallOffAsync(
                keyRow, account.Value, row, stored!, new ErasureActor(role, keyId.Authority, network), ct)
                is not { } writes) return false;
            switch (await context.Keys.WriteAsync(writes, ct))
            {
                case WriteResult.Written:
                    context.Log.Wake();
                    return true;
                case WriteResult.Unavailable(_, var reason):
                    return ServiceFailure.Of(reason);
            }
        }

        return new ServiceFailure(ErrorCode.Unavailable);
    }

    /// <summary>
    /// What whoever may not cancel hears: that there is one, that it is too late, or false, as there is nothing.
    /// </summary>
    public async ValueTask<Outcome<bool>> UncancelledAsync(OpenAccount account, CancellationToken ct) =>
        (await rows.ReadAsync(account.KeyRowKey, ct)).Row is not { } row || IsVoid(row, account)
            ? false : row.Phase switch
            {
                ErasurePhase.Held => ServiceFailure.Forbidden("keyid"),
                ErasurePhase.Erasing or ErasurePhase.Erased =>
                    new ServiceFailure(ErrorCode.Erased) { Receipt = row.Receipt },
                _ => false,
            };

    /// <summary>Makes the time of every held one begin anew.</summary>
    /// <returns>How many there are.</returns>
    public async ValueTask<int> BeginAnewAsync(CancellationToken ct)
    {
        var held = new List<RowKey>();
        await foreach (var stored in context.Keys.ScanAsync(Table.Erasures, ct)) held.Add(ErasureRows.KeyRowOf(stored));
        var begun = 0;
        foreach (var keyRow in held)
        {
            try
            {
                if (await rows.ReadAsync(keyRow, ct) is not ({ Phase: ErasurePhase.Held } row, var was)) continue;
                // The snapshot of a key row may be older than that of its erasure.
                if (await context.KeyRows.AnnounceAsync(keyRow, ct) is { Code: not ErrorCode.Erased }
                    && await context.Keys.HeadAsync(keyRow, ct) is not null)
                    throw new StoreUnavailableException(StoreFault.Busy, "a held erasure cannot be announced");
                row = row with { DueAt = DueAfter(context.Policies.Of(row.App).ErasureHold) };
                if (await context.Keys.WriteAsync(
                    rows.Write(keyRow, row, was), ct) is WriteResult.Unavailable(_, var reason))
                    throw new StoreUnavailableException(reason, "the key store cannot be written");
                begun++;
            }
            catch (RowDamagedException)
            {
                // Whoever takes erasures on tells of it.
            }
        }

        return begun;
    }

    /// <summary>
    /// Has the account's activity tell who asked and who called it off, once the log has it. What cannot be told today,
    /// because the account is damaged or lost, is told by a later pass.
    /// </summary>
    /// <returns>Whether it waits for the log: then another pass soon does it.</returns>
    public async ValueTask<bool> TellAsync(
        RowKey keyRow, ErasureRow row, Row stored, Task haveRead, CancellationToken ct)
    {
        if (!await rows.IsLoggedAsync(stored, ct)) return true;
        if (await context.Keys.ReadAsync(keyRow, ct) is not { } keyStored
            || KeyRow.Decode(keyStored.Value) is not { State: not KeyRowState.Erased } key) return false;
        try
        {
            using var opened = await context.SubjectKeys.OpenAsync(keyRow, key, ct);
            await haveRead;
            if (await _activity.AddAsync(opened, row.Untold, ct))
                await context.Keys.WriteAsync(rows.Write(keyRow, row with { Untold = [] }, stored), ct);
        }
        catch (Exception e) when (e is RowDamagedException or AccountErasedException)
        {
            // Whoever checks the account tells of it.
        }

        return false;
    }

    // Null where the key is gone meanwhile.
    private async ValueTask<IReadOnlyList<RowWrite>?> CallOffAsync(
        RowKey keyRow, AccountId account, ErasureRow row, Row stored, ErasureActor by, CancellationToken ct)
    {
        if (await context.Keys.ReadAsync(keyRow, ct) is not { } keyStored
            || KeyRow.Decode(keyStored.Value) is not { State: not KeyRowState.Erased } key) return null;
        try
        {
            using var opened = await context.SubjectKeys.OpenAsync(keyRow, key, ct);
            var state = await TryFindAsync(opened, ct);
            var logged = leaves.OfRequest(
                AuditEvent.ErasureCancelled, by, opened, account, state, keyRow, stored, row);
            var off = row with { Phase = ErasurePhase.Cancelled, Untold = row.Tell(logged.Entry) };
            return rows.Write(keyRow, off, stored, logged);
        }
        catch (AccountErasedException)
        {
            return null;
        }
    }

    // Whoever cancels must be able to where the data are lost.
    private async ValueTask<AccountState?> TryFindAsync(AccountRows opened, CancellationToken ct)
    {
        try
        {
            return await context.Data.FindAsync(opened, opened.Account, ct) is { } state
                ? AccountRow.Decode(state) : null;
        }
        catch (Exception e) when (e is RowDamagedException or AccountErasedException)
        {
            return null;
        }
    }

    // Called off; or the asker was removed, or nobody used the account and somebody does: what was asked for is not
    // done, whenever that is noticed.
    private static bool IsVoid(ErasureRow row, OpenAccount account) =>
        row is { Phase: ErasurePhase.Cancelled } or { Phase: ErasurePhase.Erasing, IsForInactivity: true }
        || (row.Phase is ErasurePhase.Held or ErasurePhase.Erasing && row.Asker is { } asker
            && !account.State.Authorities.ContainsKey(asker));

    private static ulong RoundOf(ErasureRow? row, OpenAccount account) =>
        row is null ? 0 : row.Round + (IsVoid(row, account) ? 1UL : 0);

    private static ServiceFailure OtherRound => new(ErrorCode.Conflict) { Field = "round" };

    private ulong DueAfter(TimeSpan hold) => context.Now.Latest + (ulong)hold.TotalSeconds;

    private async ValueTask<ErasureRow> NewAsync(
        OpenAccount account, ulong round, bool mustWait, CancellationToken ct)
    {
        var app = account.State.User.App;
        var hold = context.Policies.Of(app).ErasureHold;
        var isHeld = mustWait || hold > TimeSpan.Zero;
        return new ErasureRow
        {
            Phase = isHeld ? ErasurePhase.Held : ErasurePhase.Erasing,
            Id = ErasureId.Draw(context.Random),
            App = app,
            RequestedBy = ErasureRequester.Device,
            RequestedAt = context.Now.Wall,
            Round = round,
            DueAt = isHeld ? DueAfter(hold) : context.Now.Latest,
            Account = account.State.Account,
            Asker = account.Actor.Id,
            Cancellers = isHeld ? await CancellersAsync(account, ct) : [],
        };
    }

    private async ValueTask<ImmutableArray<(AuthorityId, VerifyKey)>> CancellersAsync(
        OpenAccount account, CancellationToken ct)
    {
        var cancellers = account.State.Authorities.Values.ToDictionary(a => a.Id, a => a.SigningKey);
        // When a link was taken is the server's own word, to the hour; what it says of time itself informs only.
        var since = ((long)context.Now.Earliest - (long)Remembered.TotalSeconds) / 3600;
        var (added, removed) = (new Dictionary<AuthorityId, VerifyKey>(), new List<AuthorityId>());
        await foreach (var entry in new ChainLinkReader(context.Data, account.Rows, account.State).ReadAllAsync(ct))
        {
            var link = SignedChainLink.Decode(entry.Link).Link;
            foreach (var authority in link.Add) added[authority.Id] = authority.SigningKey;
            if ((long)entry.TakenHour >= since) removed.AddRange(link.Remove);
        }

        foreach (var id in removed)
            if (added.TryGetValue(id, out var key)) cancellers[id] = key;
        return [.. cancellers.Take(ErasureRow.MaxCancellers).Select(c => (c.Key, c.Value))];
    }
}
