using KeyRecovery.Protocol.Wire;
using KeyRecovery.Service.Rows;
using KeyRecovery.Service.Stores;

namespace KeyRecovery.Service.Linking;

/// <summary>
/// Takes away sessions that are over, and what died on its way. Each row goes by the token that it was read by, before
/// the reasons to keep it were looked for.
/// </summary>
internal sealed class LinkSweep(LinkRows rows, DateTimeOffset now)
{
    private int _removed;

    public async ValueTask<int> RunAsync(CancellationToken ct)
    {
        await foreach (var row in rows.Data.ScanAsync(Table.LinkSessions, ct).ConfigureAwait(false))
        {
            if (Read(row, LinkRelaySession.Decode) is not { } session) await DeleteAsync(row, ct).ConfigureAwait(false);
            else if (session.IsOver(now) && await rows.TryRemoveAsync(row, session, ct).ConfigureAwait(false))
                _removed++;
        }

        await foreach (var row in rows.Data.ScanAsync(Table.LinkNames, ct).ConfigureAwait(false))
            if (Read(row, LinkNameRow.Decode) is not { } name || now >= name.Expires)
                await DeleteAsync(row, ct).ConfigureAwait(false);
        await foreach (var row in rows.Data.ScanAsync(Table.LinkPlaces, ct).ConfigureAwait(false))
            if (Read(row, LinkPlacesRow.Decode)?.Places.All(place => place.IsOver(now)) != false)
                await DeleteAsync(row, ct).ConfigureAwait(false);
        await SweepMessagesAsync(ct).ConfigureAwait(false);
        return _removed;
    }

    // Null where a row is damaged: nobody can use it, and it is in the way of whoever would come in its place.
    private T? Read<T>(Row row, Func<ReadOnlyMemory<byte>, T> decode) where T : class
    {
        try
        {
            return decode(rows.Open(row));
        }
        catch (Exception e) when (e is RowDamagedException or WireFormatException)
        {
            return null;
        }
    }

    // Messages without a session, or of one that was contested. That a session is there is looked up once; that it is
    // not, for each message behind its reading.
    private async ValueTask SweepMessagesAsync(CancellationToken ct)
    {
        RowKey? live = null;
        await foreach (var row in rows.Data.ListOwnerAsync(Table.LinkMessages, default, ct).ConfigureAwait(false))
        {
            var key = RowIds.SessionOf(row.Key);
            if (live == key) continue;
            if (await IsLiveAsync(key, ct).ConfigureAwait(false)) live = key;
            else await DeleteAsync(row, ct).ConfigureAwait(false);
        }
    }

    private async ValueTask<bool> IsLiveAsync(RowKey key, CancellationToken ct) =>
        await rows.Data.ReadAsync(key, ct).ConfigureAwait(false) is { } row
            && Read(row, LinkRelaySession.Decode) is { IsContested: false };

    private async ValueTask DeleteAsync(Row row, CancellationToken ct)
    {
        if (await rows.TryAsync(new RowWrite.Delete(row), ct).ConfigureAwait(false)) _removed++;
    }
}
