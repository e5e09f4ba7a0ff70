using System.Collections.Immutable;
using KeyRecovery.Protocol.Audit;
using KeyRecovery.Protocol.Primitives;
using KeyRecovery.Protocol.Vault;
using KeyRecovery.Protocol.Wire;
using KeyRecovery.Service.Errors;
using KeyRecovery.Service.Gate;
using KeyRecovery.Service.Rows;
using KeyRecovery.Service.Stores;
using KeyRecovery.Service.UseCases;

namespace KeyRecovery.Service.Erasure;

/// <summary>Erasures that devices ask for: held, told to whoever looks, and cancelled by whoever was there (docs/protocol.md §15.2).</summary>
internal sealed class ErasureHolds(ServiceContext context, ErasureRows rows, ClockWatch clock)
{
    /// <summary>The most authorities that may cancel one: more than a chain can remove in the time.</summary>
    public const int MaxCancellers = 4096;

    private static readonly TimeSpan Remembered = TimeSpan.FromHours(72);

    /// <returns>The one that is held; or one to be done at once, of which nothing is written.</returns>
    public async ValueTask<Outcome<ErasureRow>> RequestAsync(OpenAccount account, CancellationToken ct)
    {
        var (actor, now) = (account.Actor, context.NowSeconds);
        if (actor.IsSlot) return ServiceFailure.Forbidden("keyid");
        // A clock that was moved makes nobody older, and no hold shorter.
        if (actor.TrustedFrom > Seconds(clock.Earliest)) return new ServiceFailure(ErrorCode.YoungAuthority) { TrustedFrom = actor.TrustedFrom };
        for (var attempt = 0; attempt < 4; attempt++)
        {
            var (known, stored) = await rows.ReadAsync(account.KeyRowKey, ct);
            if (known is not null && !IsVoid(known, account)) return known;
            var app = account.State.User.App;
            var hold = context.Policies.Of(app).ErasureHold;
            var isHeld = hold > TimeSpan.Zero;
            var row = new ErasureRow
            {
                Phase = isHeld ? ErasurePhase.Held : ErasurePhase.Erasing,
                Id = ErasureId.Draw(context.Random),
                App = app,
                RequestedBy = ErasureRequester.Device,
                RequestedAt = now,
                DueAt = isHeld ? Seconds(clock.Latest + hold) : now,
                Account = account.State.Account,
                Asker = actor.Id,
                Cancellers = isHeld ? await CancellersAsync(account, ct) : [],
            };
            // Without a hold there is nothing to remember before it is done.
            if (!isHeld) return row;
            switch (await context.Keys.WriteAsync([rows.Write(account.KeyRowKey, row, stored)], ct))
            {
                case WriteResult.Written:
                    return row;
                case WriteResult.Unavailable(_, var reason):
                    return ServiceFailure.Of(reason);
            }
        }

        return new ServiceFailure(ErrorCode.Unavailable);
    }

    public async ValueTask<ErasureStatus> StatusAsync(OpenAccount account, CancellationToken ct) =>
        (await rows.ReadAsync(account.KeyRowKey, ct)).Row is { } row && !IsVoid(row, account) ? Status(row) : ErasureStatus.None;

    /// <summary>How long a held one still waits, for every device that reads its vault; null where none is held.</summary>
    public async ValueTask<TimeSpan?> DueInAsync(OpenAccount account, CancellationToken ct)
    {
        try
        {
            return await StatusAsync(account, ct) is { State: "held" or "erasing" } status ? TimeSpan.FromMilliseconds(status.DueInMs) : null;
        }
        catch (RowDamagedException)
        {
            // Whoever takes erasures on tells of it: nobody's keys are withheld for it.
            return null;
        }
    }

    /// <summary>Whether a held one's time has come; null where the clock was moved and it cannot be told.</summary>
    public bool? IsDue(ErasureRow row) => clock.HasPassed(DateTimeOffset.FromUnixTimeSeconds((long)row.DueAt));

    public ErasureStatus Status(ErasureRow row) => row.Phase switch
    {
        ErasurePhase.Held when IsDue(row) != true => new("held", row.RequestedAt, Math.Max(0, (long)row.DueAt - (long)context.NowSeconds) * 1000, default),
        ErasurePhase.Held or ErasurePhase.Erasing => new("erasing", row.RequestedAt, 0, default),
        _ => new("erased", row.RequestedAt, 0, row.Receipt),
    };

    /// <summary>Cancels for whoever was an authority at the request or in the three days before it.</summary>
    /// <returns>True where it was cancelled; false where that signer may not, or there is nothing: the gate tells which.</returns>
    public async ValueTask<Outcome<bool>> TryCancelAsync(KeyId keyId, Func<VerifyKey, bool> verify, CancellationToken ct)
    {
        var account = keyId.Account;
        if (account is null && await context.Keys.ReadAsync(context.Lookups.Ids.Slot(keyId.Authority), ct) is { } lookup) account = context.Lookups.Open(lookup);
        if (account is null) return false;
        var keyRow = context.Lookups.Ids.KeyRow(account.Value);
        for (var attempt = 0; attempt < 4; attempt++)
        {
            var (row, stored) = await rows.ReadAsync(keyRow, ct);
            if (row is not { Phase: ErasurePhase.Held }) return false;
            var canceller = row.Cancellers.FirstOrDefault(c => c.Id == keyId.Authority).Key;
            if (canceller is null || !verify(canceller)) return false;
            switch (await context.Keys.WriteAsync([new RowWrite.Delete(stored!)], ct))
            {
                case WriteResult.Written:
                    return true;
                case WriteResult.Unavailable(_, var reason):
                    return ServiceFailure.Of(reason);
            }
        }

        return new ServiceFailure(ErrorCode.Unavailable);
    }

    public async ValueTask<bool> IsHeldAsync(OpenAccount account, CancellationToken ct) =>
        (await rows.ReadAsync(account.KeyRowKey, ct)).Row is { Phase: ErasurePhase.Held } row && !IsVoid(row, account);

    /// <summary>Makes the time of every held one begin anew.</summary>
    /// <returns>How many there are.</returns>
    public async ValueTask<int> BeginAnewAsync(CancellationToken ct)
    {
        var held = new List<RowKey>();
        await foreach (var stored in context.Keys.ScanAsync(Table.Erasures, ct)) held.Add(new RowKey(Table.KeyRows, stored.Key.Id));
        var begun = 0;
        foreach (var keyRow in held)
        {
            try
            {
                if (await rows.ReadAsync(keyRow, ct) is not ({ Phase: ErasurePhase.Held } row, var was)) continue;
                row = row with { DueAt = Seconds(clock.Latest + context.Policies.Of(row.App).ErasureHold) };
                if (await context.Keys.WriteAsync([rows.Write(keyRow, row, was)], ct) is WriteResult.Unavailable(_, var reason))
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

    // The asker was removed: what it asked for is not done, whenever that is noticed.
    private static bool IsVoid(ErasureRow row, OpenAccount account) =>
        row.Phase == ErasurePhase.Held && row.Asker is { } asker && !account.State.Authorities.ContainsKey(asker);

    private static ulong Seconds(DateTimeOffset moment) => (ulong)moment.ToUnixTimeSeconds();

    private async ValueTask<ImmutableArray<(AuthorityId, VerifyKey)>> CancellersAsync(OpenAccount account, CancellationToken ct)
    {
        var cancellers = account.State.Authorities.Values.ToDictionary(a => a.Id, a => a.SigningKey);
        // When a link was taken is the server's own word, to the hour; what it says of time itself informs only.
        var since = (clock.Earliest - Remembered).ToUnixTimeSeconds() / 3600;
        var (added, removed) = (new Dictionary<AuthorityId, VerifyKey>(), new List<AuthorityId>());
        await foreach (var entry in new LinkReader(context.Data, account.Rows, account.State).ReadAllAsync(ct))
        {
            var link = SignedLink.Decode(entry.Link).Link;
            foreach (var authority in link.Add) added[authority.Id] = authority.SigningKey;
            if ((long)entry.TakenHour >= since) removed.AddRange(link.Remove);
        }

        foreach (var id in removed)
            if (added.TryGetValue(id, out var key)) cancellers[id] = key;
        return [.. cancellers.Take(MaxCancellers).Select(c => (c.Key, c.Value))];
    }
}
