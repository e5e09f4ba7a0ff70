using System.Buffers.Binary;
using System.Diagnostics.CodeAnalysis;

namespace KeyRecovery.Protocol.Audit.Log;

/// <summary>At most 256 entries of a log, each behind its length in two bytes (C2SP tlog-tiles).</summary>
public static class EntryBundle
{
    /// <summary>The most bytes of an entry.</summary>
    public const int MaxEntry = ushort.MaxValue;

    /// <summary>Joins entries, at most 256.</summary>
    /// <exception cref="ArgumentException">More of them.</exception>
    public static byte[] Encode(IReadOnlyList<ReadOnlyMemory<byte>> entries)
    {
        if (entries.Count > TilePath.FullWidth) Throw.Argument(nameof(entries), "a bundle has at most 256 entries");
        var bytes = new byte[entries.Sum(entry => sizeof(ushort) + entry.Length)];
        var rest = bytes.AsSpan();
        foreach (var entry in entries)
        {
            BinaryPrimitives.WriteUInt16BigEndian(rest, checked((ushort)entry.Length));
            entry.Span.CopyTo(rest[sizeof(ushort)..]);
            rest = rest[(sizeof(ushort) + entry.Length)..];
        }

        return bytes;
    }

    /// <summary>Reads a bundle to its end.</summary>
    public static bool TryDecode(
        ReadOnlyMemory<byte> bytes, [NotNullWhen(true)] out IReadOnlyList<ReadOnlyMemory<byte>>? entries)
    {
        entries = null;
        var found = new List<ReadOnlyMemory<byte>>();
        for (var rest = bytes; !rest.IsEmpty;)
        {
            if (rest.Length < sizeof(ushort)) return false;
            var length = BinaryPrimitives.ReadUInt16BigEndian(rest.Span);
            rest = rest[sizeof(ushort)..];
            if (rest.Length < length || found.Count == TilePath.FullWidth) return false;
            found.Add(rest[..length]);
            rest = rest[length..];
        }

        entries = found;
        return true;
    }
}
