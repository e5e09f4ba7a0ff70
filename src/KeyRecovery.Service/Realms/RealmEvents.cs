using System.Buffers.Binary;
using KeyRecovery.Protocol.Realms;

namespace KeyRecovery.Service.Realms;

/// <summary>
/// The newest 64 events of a slot, the oldest first: seconds since 1970 (5 bytes) and kind (1) one after the other.
/// </summary>
/// <param name="Packed">6 bytes an event.</param>
internal readonly record struct RealmEvents(ReadOnlyMemory<byte> Packed)
{
    private const int EntrySize = 6;

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
        for (var at = 0; at < Packed.Length; at += EntrySize)
        {
            var entry = Packed.Span.Slice(at, EntrySize);
            yield return new RealmEvent(
                ((ulong)entry[0] << 32) | BinaryPrimitives.ReadUInt32BigEndian(entry[1..]), (RealmEventKind)entry[^1]);
        }
    }
}
