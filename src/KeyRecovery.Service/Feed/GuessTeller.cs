using System.Collections.Immutable;
using KeyRecovery.Protocol.Wire;
using KeyRecovery.Service.Clocks;
using KeyRecovery.Service.Realms;
using KeyRecovery.Service.Rows;
using KeyRecovery.Service.Stores;

namespace KeyRecovery.Service.Feed;

/// <summary>
/// Tells the apps of wrong guesses at this server as a realm, and of slots whose guesses are used up, of accounts that
/// are its own (docs/storage.md §7). The slot's row is what counts, and says what was told: first the feed, then the
/// row, so that each is told at least once. Safe for concurrent use of several instances.
/// </summary>
public sealed class GuessTeller
{
    /// <summary>How old something is in seconds before <see cref="CatchUpAsync"/> takes it from whoever counted it.
    /// </summary>
    public const ulong LeftSeconds = 5 * 60;

    // In one write of an app's row.
    private const int AtOnce = 32;
    private const int Tries = 8;

    private readonly IKeyStore _keys;
    private readonly Lookups _lookups;
    private readonly EventKeys _eventKeys;
    private readonly SlotNews _news;
    private readonly AppFeeds _feeds;
    private readonly ServerClock _clock;

    internal GuessTeller(
        IKeyStore keys, Lookups lookups, EventKeys eventKeys, SlotNews news, AppFeeds feeds, ServerClock clock) =>
        (_keys, _lookups, _eventKeys, _news, _feeds, _clock) = (keys, lookups, eventKeys, news, feeds, clock);

    /// <summary>Tells what this process has counted since; nothing is read where that is nothing.</summary>
    /// <exception cref="StoreUnavailableException">The store cannot do it: the next pass tells it.</exception>
    public async Task TellAsync(CancellationToken ct)
    {
        while (_news.Take(AtOnce) is { IsEmpty: false } slots)
        {
            try
            {
                var found = new List<SlotEvents>();
                foreach (var slot in slots)
                    if (await _keys.ReadAsync(_lookups.Ids.RealmSlot(slot), ct) is { } stored
                        && await FindAsync(stored, ulong.MaxValue, ct) is { } told) found.Add(told);
                await TellAsync(found, ct);
            }
            catch
            {
                _news.Note(slots);
                throw;
            }
        }
    }

    /// <summary>Looks through all slots for what whoever counted it did not come to tell.</summary>
    /// <exception cref="StoreUnavailableException">The store cannot do it: the next pass goes on.</exception>
    public async Task CatchUpAsync(CancellationToken ct)
    {
        var found = new List<SlotEvents>();
        var before = _clock.Now.Wall is var now && now > LeftSeconds ? now - LeftSeconds : 0;
        await foreach (var stored in _keys.ScanAsync(Table.RealmSlots, ct))
        {
            if (await FindAsync(stored, before, ct) is not { } told) continue;
            found.Add(told);
            if (found.Count < AtOnce) continue;
            await TellAsync(found, ct);
            found.Clear();
        }

        await TellAsync(found, ct);
    }

    private async Task TellAsync(List<SlotEvents> found, CancellationToken ct)
    {
        foreach (var app in found.Where(told => !told.Entries.IsEmpty).GroupBy(told => told.App))
            await _feeds.AddAsync(app.Key, [.. app.SelectMany(told => told.Entries)], ct);
        foreach (var told in found) await MarkAsync(told, ct);
    }

    // What there is to tell of a slot; null where that is nothing, or of another server's account.
    private async ValueTask<SlotEvents?> FindAsync(Row stored, ulong before, CancellationToken ct)
    {
        try
        {
            var row = RealmSlotRow.Decode(stored.Value);
            ImmutableArray<RealmEvent> news = [.. row.Events.News().Where(one => one.At <= before)];
            if (news.IsEmpty || row.Account.IsEmpty) return null;
            if (await _keys.ReadAsync(new RowKey(Table.RealmAccounts, row.Account), ct) is not { } known) return null;
            var account = RealmAccountRow.Decode(known);
            var slot = account.Slots.FirstOrDefault(one => _lookups.Ids.RealmSlot(one.Slot) == stored.Key);
            if (account.View is not { } view || slot is null) return null;
            var (id, keyRow) = (view.Head.Head.Account, _lookups.Ids.KeyRow(view.Head.Head.Account));
            using var rows = await _eventKeys.OpenAsync(keyRow, ct);
            if (rows is null) return null;
            var now = _clock.Now;
            var oldest = now.Wall > AppFeeds.KeptSeconds ? now.Wall - AppFeeds.KeptSeconds : 0;
            // Of one that has left its chain the app hears by the chain.
            var isOver = account.IsOver(slot, now);
            return new SlotEvents(stored.Key, row.App, news,
            [
                .. news.Where(one => one.At >= oldest && !(one.Kind == RealmEventKind.Destroyed && isOver))
                    .Select(one => new FeedEntry(one.At, FeedEntry.NoLeaf, AppEventSeal.Seal(
                        keyRow, id, new AppEventPart(KindOf(one.Kind), AuthorityKind.Passphrase, slot.Slot), null,
                        rows.SealEvent))),
            ]);
        }
        catch (WireFormatException)
        {
            // The check tells of it, and nobody else's waits for it.
            return null;
        }
    }

    private async ValueTask MarkAsync(SlotEvents told, CancellationToken ct)
    {
        for (var tried = 0; tried < Tries; tried++)
        {
            if (await _keys.ReadAsync(told.Slot, ct) is not { } stored) return;
            var row = RealmSlotRow.Decode(stored.Value);
            var next = row with { Events = row.Events.Told(told.News) };
            switch (await _keys.WriteAsync([new RowWrite.Replace(stored, next.Encode())], ct))
            {
                case WriteResult.Written:
                    return;
                case WriteResult.Unavailable(_, var reason):
                    throw new StoreUnavailableException(reason, "what an app was told of guesses cannot be kept");
            }
        }

        throw new StoreUnavailableException(StoreFault.Busy, "a slot changes all the time");
    }

    private static AppEventKind KindOf(RealmEventKind kind) =>
        kind == RealmEventKind.Destroyed ? AppEventKind.SlotLocked : AppEventKind.WrongGuess;

    private sealed record SlotEvents(
        RowKey Slot, string App, ImmutableArray<RealmEvent> News, ImmutableArray<FeedEntry> Entries);
}
