using System.Collections.Immutable;
using KeyRecovery.Service.Accounts;
using KeyRecovery.Service.Rows;
using KeyRecovery.Service.Stores;

namespace KeyRecovery.Service.Feed;

/// <summary>
/// Reads an app's feed: its row, one or two pages, and of each account in them its key row and its account row, however
/// many accounts there are. Safe for concurrent use.
/// </summary>
public sealed class FeedReader
{
    /// <summary>The most events of a page: 100.</summary>
    public const int MostEvents = AppFeedRow.PageSize;

    // Point reads that wait for a database across a network wait together.
    private const int LooksAtOnce = 16;

    private readonly IDataStore _data;
    private readonly IKeyStore _keys;
    private readonly Lookups _lookups;
    private readonly EventKeys _eventKeys;
    private readonly AppFeeds _feeds;
    private readonly Func<ulong> _now;

    internal FeedReader(
        IDataStore data, IKeyStore keys, Lookups lookups, EventKeys eventKeys, AppFeeds feeds, Func<ulong> now) =>
        (_data, _keys, _lookups, _eventKeys, _feeds, _now) = (data, keys, lookups, eventKeys, feeds, now);

    /// <summary>Whether an app's feed has something behind a cursor: one point read.</summary>
    /// <exception cref="StoreUnavailableException">The store cannot answer.</exception>
    public async ValueTask<bool> HasMoreAsync(string app, FeedCursor after, CancellationToken ct) =>
        await _feeds.ReadAsync(app, ct) is { } row && row.Count > 0
        && (after.Generation != row.Generation || after.Next < row.Count);

    /// <summary>Reads events behind a cursor. A reader who is ahead of the feed gets none.</summary>
    /// <param name="app">The app.</param>
    /// <param name="after">Where the reader stands.</param>
    /// <param name="limit">The most events, 1 to <see cref="MostEvents"/>.</param>
    /// <param name="ct">Cancels.</param>
    /// <exception cref="StoreUnavailableException">A store cannot answer.</exception>
    public async ValueTask<FeedPage> ReadAsync(string app, FeedCursor after, int limit, CancellationToken ct)
    {
        if (await _feeds.ReadAsync(app, ct) is not { } row) return new FeedPage([], after, false, false);
        var hasCursor = after.Generation != 0;
        var isKnown = after.Generation == row.Generation;
        var from = isKnown ? after.Next : 0;
        if (from >= row.Count && isKnown) return new FeedPage([], after, false, false);
        var found = await FindAsync(row, from, limit, ct);
        var next = found.Count > 0 ? found[^1].Number + 1 : row.Count;
        var leftOut = hasCursor && (!isKnown || (found.Count > 0 ? found[0].Number : row.Count) > from);
        return new FeedPage(
            await OpenAsync(found, ct), new FeedCursor(row.Generation, next), leftOut, next < row.Count);
    }

    private async ValueTask<List<(ulong Number, FeedEntry Entry)>> FindAsync(
        AppFeedRow row, ulong from, int limit, CancellationToken ct)
    {
        var found = new List<(ulong Number, FeedEntry Entry)>();
        var oldest = _now() is var time && time > AppFeeds.KeptSeconds ? time - AppFeeds.KeptSeconds : 0;
        var page = Math.Max(from / AppFeedRow.PageSize, row.FirstPage);
        for (; found.Count < limit && page * AppFeedRow.PageSize < row.TailFrom; page++)
            // One that expired while it was read is gone.
            if (await _keys.ReadAsync(AppFeedRow.Page(row.App, page), ct) is { } stored)
                Take(AppFeedRow.DecodePage(stored.Value));
        Take(row.NumberedTail());
        return found;

        void Take(IEnumerable<(ulong Number, FeedEntry Entry)> entries) => found.AddRange(
            entries.Where(e => e.Number >= from && e.Entry.Time >= oldest).Take(limit - found.Count));
    }

    private async ValueTask<ImmutableArray<AppEvent>> OpenAsync(
        List<(ulong Number, FeedEntry Entry)> found, CancellationToken ct)
    {
        var told = new AppEvent[found.Count];
        var byAccount = Enumerable.Range(0, found.Count)
            .GroupBy(i => Convert.ToHexString(found[i].Entry.Event.KeyRow.Span));
        foreach (var some in byAccount.Chunk(LooksAtOnce))
            await Task.WhenAll(some.Select(group => OpenAsync([.. group], found, told, ct)));
        return [.. told];
    }

    // All events of one account: its key opens them, and its row tells its subject.
    private async Task OpenAsync(
        int[] places, List<(ulong Number, FeedEntry Entry)> found, AppEvent[] told, CancellationToken ct)
    {
        var of = found[places[0]].Entry.Event.KeyRow;
        using var rows = of.IsEmpty ? null : await _eventKeys.OpenAsync(new RowKey(Table.KeyRows, of), ct);
        var subject = rows is null ? null : await SubjectAsync(rows, ct);
        foreach (var at in places)
        {
            var (number, entry) = found[at];
            var one = entry.Event;
            var (account, authority, erasure, day) = AppEventSeal.Read(
                of.IsEmpty ? null : one.Kind == AppEventKind.Erased
                    ? _lookups.TryOpen(SealedEvent.PlaceOf(one.KeyRow), one.Sealed.Span)
                    : rows?.TryOpenEvent(SealedEvent.PlaceOf(one.KeyRow), one.Sealed.Span));
            told[at] = new AppEvent(
                number, one.Kind, entry.Time, entry.Leaf == FeedEntry.NoLeaf ? null : entry.Leaf, one.Of, account,
                authority, subject, erasure)
            {
                ErasableOn = day is { } named ? DateOnly.FromDateTime(DateTime.UnixEpoch.AddDays(named)) : null,
            };
        }
    }

    // A lost or damaged account has none: its other events are told all the same.
    private async ValueTask<string?> SubjectAsync(AccountRows rows, CancellationToken ct)
    {
        try
        {
            return await _data.FindAsync(rows, rows.Account, ct) is { } account
                ? AccountRow.Decode(account).User.Subject : null;
        }
        catch (Exception gone) when (gone is AccountErasedException or RowDamagedException)
        {
            return null;
        }
    }
}
