using System.Collections.Immutable;
using KeyRecovery.Protocol.Wire;

namespace KeyRecovery.Service.Feed;

/// <summary>How many events of each kind an app has had: in all, and on each of the newest days.</summary>
/// <param name="All">In all.</param>
/// <param name="Days">By the day, in days since 1970, UTC; at most <see cref="MostDays"/>.</param>
internal sealed record AppCounts(
    ImmutableSortedDictionary<int, ulong> All,
    ImmutableSortedDictionary<ulong, ImmutableSortedDictionary<int, ulong>> Days)
{
    /// <summary>Today and 30 days before.</summary>
    public const int MostDays = 31;

    private const ulong SecondsOfDay = 24 * 60 * 60;
    private const int KindsOfAuthority = 8;
    private const int MostKinds = 256 * KindsOfAuthority;

    public static AppCounts None { get; } = new(
        ImmutableSortedDictionary<int, ulong>.Empty,
        ImmutableSortedDictionary<ulong, ImmutableSortedDictionary<int, ulong>>.Empty);

    /// <summary>Accounts that were made and not erased.</summary>
    public ulong Alive
    {
        get
        {
            var made = All.GetValueOrDefault(Key(AppEventKind.AccountCreated));
            return made - Math.Min(made, All.GetValueOrDefault(Key(AppEventKind.Erased)));
        }
    }

    /// <summary>How events of a kind are counted: devices and slots by their kind.</summary>
    public static int Key(AppEventKind kind, AuthorityKind? of = null) =>
        ((int)kind * KindsOfAuthority) + (int)(of ?? 0);

    public static ulong DayOf(ulong time) => time / SecondsOfDay;

    /// <summary>With more events.</summary>
    public AppCounts With(IEnumerable<FeedEntry> entries)
    {
        var (all, days) = (All, Days);
        foreach (var entry in entries)
        {
            var (key, day) = (Key(entry.Event.Kind, entry.Event.Of), DayOf(entry.Time));
            all = More(all, key);
            days = days.SetItem(
                day, More(days.GetValueOrDefault(day, ImmutableSortedDictionary<int, ulong>.Empty), key));
        }

        return new AppCounts(all, days.RemoveRange(days.Keys.Take(days.Count - MostDays)));
    }

    public void Write(CborOut writer)
    {
        Write(writer.Array(2), All);
        writer.Array(Days.Count);
        foreach (var (day, counts) in Days) Write(writer.Array(2).UInt(day), counts);
    }

    /// <exception cref="WireFormatException">It is none.</exception>
    public static AppCounts Read(CborIn reader)
    {
        reader.Array(2);
        var all = ReadOne(reader);
        var days = ImmutableSortedDictionary.CreateBuilder<ulong, ImmutableSortedDictionary<int, ulong>>();
        for (var left = reader.Array(0, MostDays); left > 0; left--)
        {
            reader.Array(2);
            days.Add(reader.UInt(), ReadOne(reader));
        }

        return new AppCounts(all, days.ToImmutable());
    }

    private static ImmutableSortedDictionary<int, ulong> More(ImmutableSortedDictionary<int, ulong> counts, int key) =>
        counts.SetItem(key, counts.GetValueOrDefault(key) + 1);

    private static void Write(CborOut writer, ImmutableSortedDictionary<int, ulong> counts)
    {
        writer.Array(counts.Count);
        foreach (var (key, count) in counts) writer.Array(2).UInt((ulong)key).UInt(count);
    }

    private static ImmutableSortedDictionary<int, ulong> ReadOne(CborIn reader)
    {
        var counts = ImmutableSortedDictionary.CreateBuilder<int, ulong>();
        for (var left = reader.Array(0, MostKinds); left > 0; left--)
        {
            reader.Array(2);
            counts.Add((int)reader.UInt(MostKinds), reader.UInt());
        }

        return counts.ToImmutable();
    }
}
