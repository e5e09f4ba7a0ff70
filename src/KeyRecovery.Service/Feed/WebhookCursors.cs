using KeyRecovery.Protocol.Wire;
using KeyRecovery.Service.Stores;

namespace KeyRecovery.Service.Feed;

/// <summary>
/// How far an app's webhook was told its feed: a row an app. Of two who tell it, both may; it moves on only from where
/// it stood when the page was read, and after the page was taken, so nothing is passed over (docs/storage.md §7).
/// </summary>
public sealed class WebhookCursors
{
    private const string RowLabel = "app-webhook";
    private const int Fields = 4;

    private readonly IKeyStore _keys;

    internal WebhookCursors(IKeyStore keys) => _keys = keys;

    /// <summary>Where an app's webhook stands; at the beginning where it was told nothing.</summary>
    /// <exception cref="StoreUnavailableException">The store cannot answer.</exception>
    public async ValueTask<FeedCursor> ReadAsync(string app, CancellationToken ct) =>
        Decode(await _keys.ReadAsync(Place(app), ct));

    /// <summary>Moves it on, if it still stands where it was read.</summary>
    /// <exception cref="StoreUnavailableException">The store cannot do it, or has not said so: the same may come again.
    /// </exception>
    public async ValueTask MoveAsync(string app, FeedCursor from, FeedCursor to, CancellationToken ct)
    {
        var stored = await _keys.ReadAsync(Place(app), ct);
        if (Decode(stored) != from) return;
        var value = new CborOut().Array(Fields).Text(RowLabel).UInt(1).UInt(to.Generation).UInt(to.Next).ToArray();
        RowWrite write = stored is null
            ? new RowWrite.Create(Place(app), value) : new RowWrite.Replace(stored, value);
        // Refused: somebody else told it, and has moved it.
        if (await _keys.WriteAsync([write], ct) is WriteResult.Unavailable(_, var reason))
            throw new StoreUnavailableException(reason, "what a webhook was told cannot be kept");
    }

    private static RowKey Place(string app) => new(Table.AppWebhooks, AppFeedRow.Owner(app));

    private static FeedCursor Decode(Row? stored)
    {
        if (stored is null) return FeedCursor.None;
        var reader = new CborIn(stored.Value);
        reader.OwnStructure(RowLabel, Fields);
        var cursor = new FeedCursor(reader.UInt(), reader.UInt());
        reader.End();
        return cursor;
    }
}
