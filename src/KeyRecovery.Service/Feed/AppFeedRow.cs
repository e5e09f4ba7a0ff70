using System.Buffers.Binary;
using System.Collections.Immutable;
using System.Text;
using KeyRecovery.Protocol.Vault;
using KeyRecovery.Protocol.Wire;
using KeyRecovery.Service.Stores;

namespace KeyRecovery.Service.Feed;

/// <summary>
/// What an app is told and what is counted of it, one mutable row an app in the key store, where the log's head is too:
/// a data store that went back takes nothing from it. Its conditional replacement gives each event its one place;
/// <see cref="UpTo"/> tells what it has had of the log (docs/storage.md §7).
/// </summary>
internal sealed record AppFeedRow
{
    /// <summary>As many events as a page has.</summary>
    public const int PageSize = 100;

    private const string RowLabel = "app-feed";
    private const int Fields = 11;
    private const int FieldsWithUse = 12;
    private const int FieldsWithWatch = 13;
    private const int MaxOrigin = 256;
    private const int OwnerSize = 16;

    /// <summary>The app.</summary>
    public required string App { get; init; }

    /// <summary>Drawn when the feed began, and whenever events of it may be lost: cursors from before are told so.
    /// </summary>
    public required ulong Generation { get; init; }

    /// <summary>Since when it is counted, in seconds since 1970.</summary>
    public required ulong Since { get; init; }

    /// <summary>The log that it follows.</summary>
    public string Origin { get; init; } = "";

    /// <summary>All leaves below this size of it are told.</summary>
    public ulong UpTo { get; init; }

    /// <summary>How many events it has had ever: the number of the next one.</summary>
    public ulong Count { get; init; }

    /// <summary>The oldest page that is kept; pages before it are gone.</summary>
    public ulong FirstPage { get; init; }

    /// <summary>The newest events, not yet in a page, the oldest first.</summary>
    public ImmutableArray<FeedEntry> Tail { get; init; } = [];

    /// <summary>What is counted.</summary>
    public AppCounts Counts { get; init; } = AppCounts.None;

    /// <summary>How much the app had when it was counted last; null where it never had a quota.</summary>
    public AppUse? Use { get; init; }

    /// <summary>Since when its accounts are looked at for use; null where it never had that setting.</summary>
    public InactivityWatch? Watch { get; init; }

    /// <summary>The number of the first event that is not in a page.</summary>
    public ulong TailFrom => Count - (ulong)Tail.Length;

    /// <summary>Where it is.</summary>
    public static RowKey Place(string app) => new(Table.AppFeeds, Owner(app));

    /// <summary>Where a page is.</summary>
    public static RowKey Page(string app, ulong number) => new(
        Table.AppPages, (byte[])[.. Owner(app), .. new ChangeId(0, number).ToArray().AsSpan(sizeof(ulong))]);

    /// <summary>The number of a page, of its place.</summary>
    public static ulong NumberOf(RowKey page) =>
        BinaryPrimitives.ReadUInt64BigEndian(page.Id.Span[OwnerSize..]);

    /// <summary>What the ids of an app's rows begin with: 16 bytes of its id's hash.</summary>
    public static byte[] Owner(string app) =>
        Hash256.Of(Encoding.UTF8.GetBytes(app)).ToArray()[..OwnerSize];

    /// <summary>With the events of a batch: this row, and the pages that come before it.</summary>
    public (AppFeedRow Row, ImmutableArray<RowWrite> Pages) With(
        ImmutableArray<FeedEntry> entries, string origin, ulong upTo)
    {
        var (tail, from) = (Tail.AddRange(entries), TailFrom);
        var pages = ImmutableArray.CreateBuilder<RowWrite>();
        while (tail.Length > 0 && from / PageSize < (from + (ulong)tail.Length) / PageSize)
        {
            // A page whose oldest events have expired in the tail is shorter.
            var size = (int)(PageSize - (from % PageSize));
            pages.Add(new RowWrite.Ensure(Page(App, from / PageSize), EncodePage(from, tail[..size])));
            (tail, from) = (tail[size..], from + (ulong)size);
        }

        return (this with
        {
            Origin = origin, UpTo = upTo, Count = Count + (ulong)entries.Length, Tail = tail,
            Counts = Counts.With(entries),
        }, pages.ToImmutable());
    }

    public byte[] Encode()
    {
        var (layout, fields) = Watch is not null ? (3UL, FieldsWithWatch) : Use is not null ? (2UL, FieldsWithUse)
            : (1UL, Fields);
        var writer = new CborOut().Array(fields).Text(RowLabel).UInt(layout).Text(App)
            .UInt(Generation).UInt(Since).Text(Origin).UInt(UpTo).UInt(Count).UInt(FirstPage).Array(Tail.Length);
        foreach (var entry in Tail) entry.Write(writer);
        Counts.Write(writer);
        if (layout > 1) AppUse.Write(writer, Use);
        Watch?.Write(writer);
        return writer.ToArray();
    }

    /// <exception cref="WireFormatException">The row is damaged.</exception>
    public static AppFeedRow Decode(ReadOnlyMemory<byte> bytes)
    {
        var reader = new CborIn(bytes);
        var layout = reader.OwnLayout(RowLabel, Fields, FieldsWithUse, FieldsWithWatch);
        var row = new AppFeedRow
        {
            App = reader.Text(1, Limits.AppIdLength),
            Generation = reader.UInt(),
            Since = reader.UInt(),
            Origin = reader.Text(0, MaxOrigin),
            UpTo = reader.UInt(),
            Count = reader.UInt(),
            FirstPage = reader.UInt(),
            Tail = ReadEntries(reader),
            Counts = AppCounts.Read(reader),
            Use = layout > 1 ? AppUse.Read(reader) : null,
            Watch = layout > 2 ? InactivityWatch.Read(reader) : null,
        };
        reader.End();
        WireFormatException.Require(row.Count >= (ulong)row.Tail.Length, "a feed counts what it has");
        return row;
    }

    /// <summary>The events of a page, each with its number.</summary>
    /// <exception cref="WireFormatException">The row is damaged.</exception>
    public static IEnumerable<(ulong Number, FeedEntry Entry)> DecodePage(ReadOnlyMemory<byte> bytes)
    {
        var reader = new CborIn(bytes);
        reader.Array(2);
        var first = reader.UInt();
        var entries = ReadEntries(reader);
        reader.End();
        return Numbered(first, entries);
    }

    /// <summary>The tail's events, each with its number.</summary>
    public IEnumerable<(ulong Number, FeedEntry Entry)> NumberedTail() => Numbered(TailFrom, Tail);

    private static IEnumerable<(ulong, FeedEntry)> Numbered(ulong first, ImmutableArray<FeedEntry> entries) =>
        entries.Select((entry, i) => (first + (ulong)i, entry));

    private static byte[] EncodePage(ulong first, ImmutableArray<FeedEntry> entries)
    {
        var writer = new CborOut().Array(2).UInt(first).Array(entries.Length);
        foreach (var entry in entries) entry.Write(writer);
        return writer.ToArray();
    }

    private static ImmutableArray<FeedEntry> ReadEntries(CborIn reader)
    {
        var entries = ImmutableArray.CreateBuilder<FeedEntry>(reader.Array(0, PageSize));
        for (var left = entries.Capacity; left > 0; left--) entries.Add(FeedEntry.Read(reader));
        return entries.MoveToImmutable();
    }
}
