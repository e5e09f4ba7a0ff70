using System.Collections.Frozen;
using System.Collections.Immutable;
using KeyRecovery.Service.Keys;

namespace KeyRecovery.Storage.Files.Ring;

/// <summary>
/// A ring at one moment, never changed: what readers hold needs no lock. The next one shares the keys of those that
/// stay.
/// </summary>
internal sealed class RingContent
{
    private RingContent(ImmutableArray<KekEntry> entries)
    {
        Entries = entries;
        Standings = [.. entries.Select(entry => new KekStanding(entry.Id, entry.State, entry.SinceHour))];
        Keks = entries.Where(entry => entry.Key is not null)
            .ToFrozenDictionary(entry => entry.Id, entry => new Kek(entry.Id, entry.State, entry.Key!));
        Current = Keks.Values.Single(kek => kek.State == KekState.Current);
    }

    public ImmutableArray<KekEntry> Entries { get; }

    public ImmutableArray<KekStanding> Standings { get; }

    public FrozenDictionary<KekId, Kek> Keks { get; }

    public Kek Current { get; }

    public KekEntry? Next => Entries.FirstOrDefault(entry => entry.State == KekState.Next);

    /// <exception cref="KekRingException">The entries are no ring.</exception>
    public static RingContent Of(IReadOnlyList<KekEntry> entries, string path)
    {
        if (entries.DistinctBy(entry => entry.Id).Count() != entries.Count)
            throw Throw.Damaged(path, "an id stands there twice");
        var current = entries.Count(entry => entry.State == KekState.Current);
        if (current == 0) throw Throw.Damaged(path, "no KEK is current");
        if (current > 1) throw Throw.Damaged(path, "more than one KEK is current");
        if (entries.Count(entry => entry.State == KekState.Next) > 1)
            throw Throw.Damaged(path, "more than one KEK is next");
        return new RingContent([.. entries.OrderBy(entry => entry.Id.Value)]);
    }

    public RingContent WithNext(SecretBytes key, long hour) =>
        new([.. Entries, new KekEntry(new KekId(checked(Entries[^1].Id.Value + 1)), KekState.Next, hour, key)]);

    public RingContent Promoted(long hour) => new([.. Entries.Select(entry => entry.State switch
    {
        KekState.Next => entry with { State = KekState.Current, SinceHour = hour },
        KekState.Current => entry with { State = KekState.Retiring, SinceHour = hour },
        _ => entry,
    })]);

    public RingContent Without(KekId id, long hour) =>
        new([.. Entries.Select(entry => entry.Id == id ? new KekEntry(id, KekState.Destroyed, hour, null) : entry)]);

    /// <summary>Whether the other has the same KEKs in the same states with the same keys.</summary>
    public bool IsSame(RingContent other) => Standings.SequenceEqual(other.Standings)
        && Entries.Zip(other.Entries).All(pair => KeyOf(pair.First).SequenceEqual(KeyOf(pair.Second)));

    /// <summary>Whether any entry has this key.</summary>
    public bool Holds(SecretBytes key) => Entries.Any(entry => KeyOf(entry).SequenceEqual(key.Span));

    /// <summary>Zeroes the keys.</summary>
    public void Zero()
    {
        foreach (var entry in Entries) entry.Key?.Dispose();
    }

    private static ReadOnlySpan<byte> KeyOf(KekEntry entry) => entry.Key is { } key ? key.Span : [];
}
