using System.Buffers.Binary;
using KeyRecovery.Protocol.Wire;

namespace KeyRecovery.Service.Feed;

/// <summary>
/// Where a reader of a feed stands. Opaque to whoever carries it: 17 bytes in base64url.
/// </summary>
/// <param name="Generation">That of the feed; 0 where the reader has had nothing.</param>
/// <param name="Next">The number of the next event.</param>
public readonly record struct FeedCursor(ulong Generation, ulong Next)
{
    private const byte Version = 1;
    private const int Size = 1 + (2 * sizeof(ulong));

    /// <summary>Of a reader who has had nothing yet.</summary>
    public static FeedCursor None => default;

    /// <summary>Reads one; false where it is none.</summary>
    public static bool TryRead(string? text, out FeedCursor cursor)
    {
        cursor = default;
        if (!Base64UrlText.TryDecode(text, Size, out var bytes) || bytes[0] != Version) return false;
        cursor = new FeedCursor(
            BinaryPrimitives.ReadUInt64BigEndian(bytes.AsSpan(1)),
            BinaryPrimitives.ReadUInt64BigEndian(bytes.AsSpan(1 + sizeof(ulong))));
        return true;
    }

    /// <summary>As it is carried.</summary>
    public override string ToString()
    {
        Span<byte> bytes = stackalloc byte[Size];
        bytes[0] = Version;
        BinaryPrimitives.WriteUInt64BigEndian(bytes[1..], Generation);
        BinaryPrimitives.WriteUInt64BigEndian(bytes[(1 + sizeof(ulong))..], Next);
        return Base64UrlText.Encode(bytes);
    }
}
