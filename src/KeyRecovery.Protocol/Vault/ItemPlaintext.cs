using System.Buffers.Binary;
using System.Text;
using KeyRecovery.Protocol.Wire;

namespace KeyRecovery.Protocol.Vault;

/// <summary>
/// What an item holds before it is padded: <c>[name t, content b]</c> (docs/protocol.md §6). It is written where it
/// will be sealed, so that no general writer keeps a copy of the content.
/// </summary>
internal static class ItemPlaintext
{
    private const byte ArrayOfTwo = 0x82;
    private const int TextType = 3 << 5;
    private const int BytesType = 2 << 5;

    /// <summary>Its size in bytes.</summary>
    /// <param name="nameBytes">The name's, in UTF-8.</param>
    /// <param name="contentLength">The content's.</param>
    public static int SizeOf(int nameBytes, int contentLength) =>
        1 + HeadSize(nameBytes) + nameBytes + HeadSize(contentLength) + contentLength;

    /// <summary>Fills <paramref name="destination"/>, which has exactly its size.</summary>
    public static void Write(string name, ReadOnlySpan<byte> content, Span<byte> destination)
    {
        destination[0] = ArrayOfTwo;
        var rest = destination[1..];
        rest = rest[WriteHead(TextType, Encoding.UTF8.GetByteCount(name), rest)..];
        rest = rest[Encoding.UTF8.GetBytes(name, rest)..];
        rest = rest[WriteHead(BytesType, content.Length, rest)..];
        content.CopyTo(rest);
    }

    /// <summary>Reads it; null where it is not in its one form.</summary>
    public static OpenedItem? Read(ReadOnlyMemory<byte> plaintext)
    {
        try
        {
            var reader = new CborIn(plaintext);
            reader.Array(2);
            var item = new OpenedItem(reader.Text(1, Limits.NameBytes), reader.Bytes(0, Limits.MaxItemBytes));
            reader.End();
            return item;
        }
        catch (WireFormatException)
        {
            return null;
        }
    }

    // RFC 8949 §3.1: the shortest form.
    private static int HeadSize(int length) => length switch
    {
        < 24 => 1,
        <= byte.MaxValue => 2,
        <= ushort.MaxValue => 3,
        _ => 5,
    };

    private static int WriteHead(int type, int length, Span<byte> destination)
    {
        var size = HeadSize(length);
        destination[0] = (byte)(type | size switch { 1 => length, 2 => 24, 3 => 25, _ => 26 });
        if (size == 2) destination[1] = (byte)length;
        if (size == 3) BinaryPrimitives.WriteUInt16BigEndian(destination[1..], (ushort)length);
        if (size == 5) BinaryPrimitives.WriteUInt32BigEndian(destination[1..], (uint)length);
        return size;
    }
}
