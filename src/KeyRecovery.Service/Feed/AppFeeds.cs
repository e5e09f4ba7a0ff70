using System.Collections.Immutable;
using KeyRecovery.Protocol.Wire;
using KeyRecovery.Service.Accounts;
using KeyRecovery.Service.Stores;

namespace KeyRecovery.Service.Feed;

/// <summary>
/// Writes the feeds: the log's sequencer gives it each batch, as often as need be, and each event gets one place
/// (docs/storage.md §7). Safe for concurrent use of several instances.
/// </summary>
internal sealed class AppFeeds(IKeyStore keys, IRandom random, Func<ulong> now)
{
    /// <summary>For how long events are kept, in seconds: 30 days.</summary>
    public const ulong KeptSeconds = 30UL * 24 * 60 * 60;

    private const int Attempts = 16;

    /// <summary>Tells the apps what a batch of the log is to tell them, where they were not told yet.</summary>
    /// <param name="origin">The log.</param>
    /// <param name="upTo">Its size with the batch.</param>
    /// <param name="told">What the batch tells, by app.</param>
    /// <param name="ct">Cancels.</param>
    /// <exception cref="StoreUnavailableException">The store cannot do it.</exception>
    public async ValueTask TellAsync(
        string origin, ulong upTo, ILookup<string, FeedEntry> told, CancellationToken ct)
    {
        foreach (var app in told)
        {
            await ChangeAsync(app.Key, row =>
            {
                row ??= New(app.Key);
                return row.Origin == origin && row.UpTo >= upTo ? null : row.With([.. app], origin, upTo);
            }, ct);
        }
    }

    /// <summary>Tells an app what the log is not told.</summary>
    /// <exception cref="StoreUnavailableException">The store cannot do it, or has not said so.</exception>
    public ValueTask AddAsync(string app, ImmutableArray<FeedEntry> entries, CancellationToken ct) =>
        ChangeAsync(app, row => row is null
            ? New(app).With(entries, "", 0) : row.With(entries, row.Origin, row.UpTo), ct);

    /// <summary>Keeps how much an app has, with what it is told of that: one write of its row, at each sweep.</summary>
    /// <exception cref="StoreUnavailableException">The store cannot do it.</exception>
    public ValueTask CountedAsync(string app, AppUse use, AppQuota quota, CancellationToken ct) =>
        ChangeAsync(app, was =>
        {
            var row = was ?? New(app);
            var (next, told) = use.After(row.Use ?? AppUse.None, quota);
            return (row with { Use = next }).With(
                told is { } kind ? [new FeedEntry(now(), FeedEntry.NoLeaf, SealedEvent.OfApp(kind))] : [],
                row.Origin, row.UpTo);
        }, ct);

    /// <summary>Keeps that an app's accounts are looked at for use today: one write of its row a day.</summary>
    /// <exception cref="StoreUnavailableException">The store cannot do it.</exception>
    public async ValueTask<InactivityWatch> WatchAsync(string app, ulong today, CancellationToken ct)
    {
        var watch = InactivityWatch.After(null, today);
        await ChangeAsync(app, was =>
        {
            var row = was ?? New(app);
            watch = InactivityWatch.After(row.Watch, today);
            return watch == row.Watch ? null : (row with { Watch = watch }, []);
        }, ct);
        return watch;
    }

    /// <summary>
    /// Takes over what a newer checkpoint says that the log has told, though nobody here knows what: every cursor from
    /// before is told that something may be lost.
    /// </summary>
    /// <exception cref="StoreUnavailableException">The store cannot do it.</exception>
    public async ValueTask LoseAsync(string origin, ulong upTo, CancellationToken ct)
    {
        await foreach (var stored in keys.ScanAsync(Table.AppFeeds, ct))
            await ChangeAsync(AppFeedRow.Decode(stored.Value).App, row => row is null ? null : (row with
            {
                // A warning may be lost: none of before counts.
                Generation = Draw(), Origin = origin, UpTo = upTo, Watch = null,
            }, []), ct);
    }

    /// <summary>Removes what is older than 30 days: whole pages, and single events from the rows.</summary>
    /// <returns>How many pages went.</returns>
    /// <exception cref="StoreUnavailableException">The store cannot do it.</exception>
    public async ValueTask<int> TrimAsync(CancellationToken ct)
    {
        var (gone, oldest) = (0, now() is var time && time > KeptSeconds ? time - KeptSeconds : 0);
        var apps = new List<string>();
        await foreach (var stored in keys.ScanAsync(Table.AppFeeds, ct))
            apps.Add(AppFeedRow.Decode(stored.Value).App);
        foreach (var app in apps)
        {
            if (await ReadAsync(app, ct) is not { } row) continue;
            var first = row.FirstPage;
            for (; first < row.TailFrom / AppFeedRow.PageSize; first++)
                if (await keys.ReadAsync(AppFeedRow.Page(app, first), ct) is { } page
                    && AppFeedRow.DecodePage(page.Value).Any(kept => kept.Entry.Time >= oldest)) break;
            // The name first, and then what it led to.
            await ChangeAsync(app, was => was is null || (first <= was.FirstPage && was.Tail.All(IsKept)) ? null : (
                was with
                {
                    FirstPage = Math.Max(first, was.FirstPage),
                    Tail = [.. was.Tail.SkipWhile(entry => !IsKept(entry))],
                }, []), ct);
            var pages = new List<RowWrite>();
            await foreach (var page in keys.ListOwnerAsync(Table.AppPages, AppFeedRow.Owner(app), ct))
                if (AppFeedRow.NumberOf(page.Key) < first) pages.Add(new RowWrite.Remove(page.Key));
            if (pages.Count > 0 && await keys.WriteAnyOrderAsync(pages, ct) is WriteResult.Unavailable(_, var reason))
                throw new StoreUnavailableException(reason, "old pages of a feed cannot be removed");
            gone += pages.Count;
        }

        return gone;

        bool IsKept(FeedEntry entry) => entry.Time >= oldest;
    }

    /// <summary>An app's row; null where it was told nothing yet.</summary>
    /// <exception cref="StoreUnavailableException">The store cannot answer.</exception>
    public async ValueTask<AppFeedRow?> ReadAsync(string app, CancellationToken ct) =>
        await keys.ReadAsync(AppFeedRow.Place(app), ct) is { } stored ? AppFeedRow.Decode(stored.Value) : null;

    private AppFeedRow New(string app) => new() { App = app, Generation = Draw(), Since = now() };

    private ulong Draw()
    {
        ulong drawn;
        do drawn = ChangeId.Draw(0, random).Random & CborOut.MaxInteger;
        while (drawn == 0);
        return drawn;
    }

    private async ValueTask ChangeAsync(
        string app, Func<AppFeedRow?, (AppFeedRow Row, ImmutableArray<RowWrite> Pages)?> change, CancellationToken ct)
    {
        for (var attempt = 0; attempt < Attempts; attempt++)
        {
            var stored = await keys.ReadAsync(AppFeedRow.Place(app), ct);
            if (change(stored is null ? null : AppFeedRow.Decode(stored.Value)) is not var (next, pages)) return;
            var value = next.Encode();
            RowWrite write = stored is null
                ? new RowWrite.Create(AppFeedRow.Place(app), value) : new RowWrite.Replace(stored, value);
            switch (await keys.WriteAsync([.. pages, write], ct))
            {
                case WriteResult.Written:
                    return;
                case WriteResult.Unavailable(_, var reason):
                    throw new StoreUnavailableException(reason, "an app's feed cannot be written");
            }
        }

        throw new StoreUnavailableException(StoreFault.Busy, "an app's feed changes all the time");
    }
}
