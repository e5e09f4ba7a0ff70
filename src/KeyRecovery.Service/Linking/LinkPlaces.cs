using System.Collections.Immutable;
using KeyRecovery.Service.Errors;
using KeyRecovery.Service.Stores;

namespace KeyRecovery.Service.Linking;

/// <summary>
/// The few places of an account, one row: taken before a session is opened, so that two instances never give more than
/// there are, and let go when it ends.
/// </summary>
internal sealed class LinkPlaces(LinkRows rows)
{
    private const int Attempts = 32;

    /// <summary>Takes a place, or finds that the session has it; null where that was done.</summary>
    /// <exception cref="StoreUnavailableException">The store cannot do it.</exception>
    public async ValueTask<ServiceFailure?> TakeAsync(LinkOpening opening, DateTimeOffset now, CancellationToken ct)
    {
        var place = new LinkPlace(opening.Id, opening.Authority, now);
        for (var attempt = 0; attempt < Attempts; attempt++)
        {
            var (key, stored, row) = await ReadAsync(opening.Account, ct).ConfigureAwait(false);
            // Its own is written again, so that nobody takes it away who has seen it as it was.
            var others = row.Places.RemoveAll(p => p.Session == opening.Id || p.IsOver(now));
            if (others.Length >= LinkRelayLimits.SessionsPerAccount)
                others = await MakeRoomAsync(others, now, ct).ConfigureAwait(false);
            if (others.Length >= LinkRelayLimits.SessionsPerAccount)
                return ServiceFailure.Limit("sessions", LinkRelayLimits.SessionsPerAccount, others.Length);
            var next = new LinkPlacesRow(others.Add(place));
            if (await rows.TryAsync(rows.Write(key, stored, next.Encode()), ct).ConfigureAwait(false)) return null;
        }

        return new ServiceFailure(ErrorCode.Unavailable);
    }

    /// <summary>Lets places go.</summary>
    /// <exception cref="StoreUnavailableException">The store cannot do it.</exception>
    public async ValueTask ReleaseAsync(AccountId account, Predicate<LinkPlace> which, CancellationToken ct)
    {
        for (var attempt = 0; attempt < Attempts; attempt++)
        {
            var (key, stored, row) = await ReadAsync(account, ct).ConfigureAwait(false);
            if (stored is null) return;
            var left = row.Places.RemoveAll(which);
            if (left.Length == row.Places.Length) return;
            RowWrite write = left.IsEmpty
                ? new RowWrite.Delete(stored) : rows.Write(key, stored, new LinkPlacesRow(left).Encode());
            if (await rows.TryAsync(write, ct).ConfigureAwait(false)) return;
        }
    }

    /// <summary>The account's places.</summary>
    /// <exception cref="StoreUnavailableException">The store cannot answer.</exception>
    public async ValueTask<(RowKey Key, Row? Stored, LinkPlacesRow Row)> ReadAsync(
        AccountId account, CancellationToken ct)
    {
        var key = rows.Ids.LinkPlaces(account);
        var stored = await rows.Data.ReadAsync(key, ct).ConfigureAwait(false);
        return (key, stored, stored is null ? LinkPlacesRow.Empty : LinkPlacesRow.Decode(rows.Open(stored)));
    }

    // Those whose sessions are there or may come. Where all are, the oldest contested one gives way, so that contesting
    // locks nobody out.
    private async ValueTask<ImmutableArray<LinkPlace>> MakeRoomAsync(
        ImmutableArray<LinkPlace> places, DateTimeOffset now, CancellationToken ct)
    {
        var living = ImmutableArray.CreateBuilder<LinkPlace>();
        (LinkPlace Place, Row Stored, LinkRelaySession Session)? contested = null;
        foreach (var place in places)
        {
            var found = await rows.FindAsync(place.Session, ct).ConfigureAwait(false);
            if (found is null ? !place.MayCome(now) : found.Value.Session.IsOver(now)) continue;
            living.Add(place);
            if (contested is null && found is { Session.IsContested: true } there)
                contested = (place, there.Stored, there.Session);
        }

        if (living.Count < LinkRelayLimits.SessionsPerAccount || contested is not { } oldest)
            return living.ToImmutable();
        if (await rows.TryRemoveAsync(oldest.Stored, oldest.Session, ct).ConfigureAwait(false))
            living.Remove(oldest.Place);
        return living.ToImmutable();
    }
}
