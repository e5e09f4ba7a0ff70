using System.Buffers.Binary;
using KeyRecovery.Protocol.Realms;

namespace KeyRecovery.Service.Realms;

/// <summary>
/// The newest 64 events of a slot, the oldest first: seconds since 1970 (5 bytes) and kind (1) one after the other. The
/// kind's highest bit says that the app was told.
/// </summary>
/// <param name="Packed">6 bytes an event.</param>
internal readonly record struct RealmEvents(ReadOnlyMemory<byte> Packed)
{
    private const int EntrySize = 6;
    private const byte ToldBit = 0x80;

    /// <summary>The most that a row holds, in bytes.</summary>
    public const int MaxSize = RealmLimits.Events * EntrySize;

    public RealmEvents Add(DateTimeOffset at, RealmEventKind kind)
    {
        var older = Packed.Length == MaxSize ? Packed[EntrySize..] : Packed;
        var packed = new byte[older.Length + EntrySize];
        older.Span.CopyTo(packed);
        // Kind and time as one number of 6 bytes: the time's upper bytes are zero for 35,000 years.
        Span<byte> number = stackalloc byte[sizeof(long)];
        BinaryPrimitives.WriteInt64BigEndian(number, (Math.Max(0, at.ToUnixTimeSeconds()) << 8) | (long)kind);
        number[^EntrySize..].CopyTo(packed.AsSpan(older.Length));
        return new RealmEvents(packed);
    }

    public IEnumerable<RealmEvent> All()
    {
        for (var at = 0; at < Packed.Length; at += EntrySize) yield return EventAt(at);
    }

    /// <summary>
    /// What the slot's app was not told yet, the oldest first: guesses that were followed by another one or by the end,
    /// and not by a reset, so that they were wrong; and the end. Whether the newest guess was right nobody knows.
    /// </summary>
    public IEnumerable<RealmEvent> News() => NewsPlaces().Select(EventAt);

    /// <summary>With some of its news told. Of two that are alike in kind and second either may be meant.</summary>
    public RealmEvents Told(IEnumerable<RealmEvent> news)
    {
        var (packed, left) = (Packed.ToArray(), NewsPlaces().ToList());
        foreach (var told in news)
        {
            var found = left.Select(EventAt).ToList().IndexOf(told);
            if (found < 0) continue;
            packed[left[found] + EntrySize - 1] |= ToldBit;
            left.RemoveAt(found);
        }

        return new RealmEvents(packed);
    }

    private IEnumerable<int> NewsPlaces()
    {
        int? guess = null;
        for (var at = 0; at < Packed.Length; at += EntrySize)
        {
            var kind = EventAt(at).Kind;
            if (kind is not (RealmEventKind.Attempt or RealmEventKind.Destroyed or RealmEventKind.Reset)) continue;
            if (kind != RealmEventKind.Reset && guess is { } before && !IsTold(before)) yield return before;
            if (kind == RealmEventKind.Destroyed && !IsTold(at)) yield return at;
            guess = kind == RealmEventKind.Attempt ? at : null;
        }
    }

    private bool IsTold(int at) => (Packed.Span[at + EntrySize - 1] & ToldBit) != 0;

    private RealmEvent EventAt(int at)
    {
        var entry = Packed.Span.Slice(at, EntrySize);
        return new RealmEvent(
            ((ulong)entry[0] << 32) | BinaryPrimitives.ReadUInt32BigEndian(entry[1..]),
            (RealmEventKind)(entry[^1] & ~ToldBit));
    }
}
