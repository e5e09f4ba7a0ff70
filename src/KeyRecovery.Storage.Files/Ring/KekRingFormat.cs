using System.Buffers.Binary;
using KeyRecovery.Service.Keys;

namespace KeyRecovery.Storage.Files.Ring;

/// <summary>
/// The ring's file, format 1: <c>KRRING</c>, one byte of format, then the entries, wrapped by the root key with these
/// seven bytes in the associated data. An entry has 45 bytes: id (4), state (1), the hour it entered that state (8,
/// seconds since 1970 / 3,600), key (32, zeros once destroyed); integers are big-endian.
/// </summary>
internal static class KekRingFormat
{
    private const int Format = 1;
    private const int EntrySize = 4 + 1 + 8 + Kek.Size;

    public static ReadOnlySpan<byte> Magic => "KRRING"u8;

    private static int HeaderSize => Magic.Length + 1;

    public static byte[] Write(IReadOnlyList<KekEntry> entries, IRootKey root)
    {
        using var plaintext = SecretBytes.Create(entries.Count * EntrySize, destination =>
        {
            for (var i = 0; i < entries.Count; i++) WriteEntry(entries[i], destination[(i * EntrySize)..]);
        });
        byte[] header = [.. Magic, Format];
        return [.. header, .. root.Wrap(Purpose(header), plaintext.Span)];
    }

    /// <exception cref="KekRingException">It does not open, or breaks the format.</exception>
    public static List<KekEntry> Read(ReadOnlySpan<byte> file, IRootKey root, string path)
    {
        if (file.Length < HeaderSize || !file.StartsWith(Magic)) throw Throw.Damaged(path, "it begins otherwise");
        if (file[Magic.Length] != Format) throw Throw.Format(path, file[Magic.Length], Format);
        if (!root.TryUnwrap(Purpose(file[..HeaderSize]), file[HeaderSize..], out var plaintext))
            throw Throw.Unopened(path);
        using (plaintext)
        {
            if (plaintext.Length % EntrySize != 0) throw Throw.Damaged(path, "its length is not one of whole entries");
            List<KekEntry> entries = [];
            for (var rest = plaintext.Span; !rest.IsEmpty; rest = rest[EntrySize..]) entries.Add(ReadEntry(rest, path));
            return entries;
        }
    }

    private static byte[] Purpose(ReadOnlySpan<byte> header) => [.. "keyrecovery/server/v1/kek-ring"u8, 0, .. header];

    private static void WriteEntry(KekEntry entry, Span<byte> destination)
    {
        BinaryPrimitives.WriteUInt32BigEndian(destination, entry.Id.Value);
        destination[4] = (byte)entry.State;
        BinaryPrimitives.WriteInt64BigEndian(destination[5..], entry.SinceHour);
        if (entry.Key is { } key) key.Span.CopyTo(destination[13..]);
    }

    private static KekEntry ReadEntry(ReadOnlySpan<byte> source, string path)
    {
        var state = (KekState)source[4];
        if (!Enum.IsDefined(state)) throw Throw.Damaged(path, "an entry has a state that does not exist");
        if (state == KekState.Destroyed && source[13..EntrySize].ContainsAnyExcept((byte)0))
            throw Throw.Damaged(path, "a destroyed KEK has a key");
        return new KekEntry(
            new KekId(BinaryPrimitives.ReadUInt32BigEndian(source)), state,
            BinaryPrimitives.ReadInt64BigEndian(source[5..]),
            state == KekState.Destroyed ? null : SecretBytes.Copy(source[13..EntrySize]));
    }
}
