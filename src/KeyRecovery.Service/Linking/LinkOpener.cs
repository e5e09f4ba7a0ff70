using KeyRecovery.Service.Accounts;
using KeyRecovery.Service.Clocks;
using KeyRecovery.Service.Errors;
using KeyRecovery.Service.Stores;

namespace KeyRecovery.Service.Linking;

/// <summary>
/// Opens a session on a store, in this order (docs/storage.md §9): the account's place, the nameplate, the session ★,
/// and a look at the key row. Each may be done again; what is left of one that died goes when its time is over.
/// </summary>
internal sealed class LinkOpener(LinkRows rows, LinkPlaces places, IKeyStore keys, ServerClock clock)
{
    private const int Attempts = 16;

    /// <exception cref="StoreUnavailableException">A store cannot do it.</exception>
    public async ValueTask<Outcome<TimeSpan>> OpenAsync(LinkOpening opening, CancellationToken ct)
    {
        var key = rows.Ids.LinkSession(opening.Id);
        for (var attempt = 0; attempt < Attempts; attempt++)
        {
            var now = clock.Shared;
            if (await rows.FindAsync(key, ct).ConfigureAwait(false) is { } found)
            {
                if (!found.Session.IsOver(now)) return found.Session.Reopen(opening, now);
                await rows.TryRemoveAsync(found.Stored, found.Session, ct).ConfigureAwait(false);
            }

            if (await places.TakeAsync(opening, now, ct).ConfigureAwait(false) is { } full) return full;
            if (!await TryNameAsync(opening, now, ct).ConfigureAwait(false))
            {
                await ReleaseAsync(opening, ct).ConfigureAwait(false);
                return new ServiceFailure(ErrorCode.Conflict) { Field = "nameplate" };
            }

            var session = LinkRelaySession.Open(opening, now);
            if (!await rows.TryAsync(rows.Write(key, null, session.Encode()), ct).ConfigureAwait(false)) continue;
            if (!await IsErasedAsync(opening, ct).ConfigureAwait(false)) return session.Left(now);
            // Whoever erases destroys the key first, and looks for sessions behind it: one of the two sees the other.
            if (await rows.FindAsync(key, ct).ConfigureAwait(false) is { } late)
                await rows.TryRemoveAsync(late.Stored, late.Session, ct).ConfigureAwait(false);
            await ReleaseAsync(opening, ct).ConfigureAwait(false);
            return new ServiceFailure(ErrorCode.Unavailable);
        }

        return new ServiceFailure(ErrorCode.Unavailable);
    }

    private ValueTask ReleaseAsync(LinkOpening opening, CancellationToken ct) =>
        places.ReleaseAsync(opening.Account, p => p.Session == opening.Id, ct);

    // One that leads to another session is taken for as long as that may wait, whether it has come yet or not: the
    // device draws another name.
    private async ValueTask<bool> TryNameAsync(LinkOpening opening, DateTimeOffset now, CancellationToken ct)
    {
        if (opening.Typed is not { } typed) return true;
        var key = rows.Ids.LinkName(typed.Name);
        var name = new LinkNameRow(opening.Id, now + LinkRelayLimits.UnclaimedLife);
        for (var attempt = 0; attempt < Attempts; attempt++)
        {
            var stored = await rows.Data.ReadAsync(key, ct).ConfigureAwait(false);
            if (stored is not null && LinkNameRow.Decode(rows.Open(stored)) is var was
                && was.Session != opening.Id && now < was.Expires) return false;
            if (await rows.TryAsync(rows.Write(key, stored, name.Encode()), ct).ConfigureAwait(false)) return true;
        }

        return false;
    }

    private async ValueTask<bool> IsErasedAsync(LinkOpening opening, CancellationToken ct) =>
        await keys.ReadAsync(rows.Ids.KeyRow(opening.Account), ct).ConfigureAwait(false) is { } row
            && KeyRow.Decode(row.Value).State == KeyRowState.Erased;
}
