using System.Buffers.Binary;
using System.Numerics;

namespace KeyRecovery.Protocol.Primitives;

/// <summary>
/// Padmé padding (Nikitin et al., "Reducing Metadata Leakage from Encrypted Files and Communication with PURBs",
/// PoPETs 2019, §4) with a floor of 256 bytes: the padded length tells O(log log n) bits of the true one, for at most
/// 12 % more bytes above the floor.
/// </summary>
public static class Padme
{
    /// <summary>The shortest padded length in bytes: 256.</summary>
    public const int Floor = 256;

    /// <summary>The length in front of the content, in bytes: 4.</summary>
    public const int PrefixSize = sizeof(uint);

    /// <summary>The padded length for <paramref name="length"/> bytes.</summary>
    /// <exception cref="ArgumentOutOfRangeException">Negative, or too long for an array once padded.</exception>
    public static int PaddedLength(int length)
    {
        Throw.IfOutside(length, 0, Array.MaxLength, nameof(length));
        if (length <= Floor) return Floor;
        var exponent = BitOperations.Log2((uint)length);
        var mantissaBits = BitOperations.Log2((uint)exponent) + 1;
        var mask = (1L << (exponent - mantissaBits)) - 1;
        var padded = (length + mask) & ~mask;
        Throw.IfOutside(padded, 0, Array.MaxLength, nameof(length));
        return (int)padded;
    }

    /// <summary>True length (big-endian, 4 bytes), content, zeros up to the padded length of both.</summary>
    public static byte[] Pad(ReadOnlySpan<byte> content)
    {
        var padded = new byte[PaddedLength(PrefixSize + content.Length)];
        Pad(content, padded);
        return padded;
    }

    /// <summary>The same of a secret, to be disposed of.</summary>
    internal static SecretBytes PadSecret(ReadOnlySpan<byte> content) => SecretBytes.Create(
        PaddedLength(PrefixSize + content.Length), content, static (padded, content) => Pad(content, padded));

    /// <summary>
    /// Begins to pad in a buffer of the caller's, which has exactly the padded length of <paramref name="length"/>:
    /// writes length and zeros.
    /// </summary>
    /// <returns>Where the content belongs.</returns>
    internal static Span<byte> Begin(int length, Span<byte> destination)
    {
        Throw.IfNotLength(destination.Length, PaddedLength(PrefixSize + length), nameof(destination));
        BinaryPrimitives.WriteUInt32BigEndian(destination, (uint)length);
        destination[(PrefixSize + length)..].Clear();
        return destination.Slice(PrefixSize, length);
    }

    /// <summary>Pads into a buffer of the caller's.</summary>
    /// <param name="content">The content.</param>
    /// <param name="destination">At least the padded length.</param>
    /// <returns>The padded length.</returns>
    public static int Pad(ReadOnlySpan<byte> content, Span<byte> destination)
    {
        var length = PaddedLength(PrefixSize + content.Length);
        var padded = destination[..length];
        BinaryPrimitives.WriteUInt32BigEndian(padded, (uint)content.Length);
        content.CopyTo(padded[PrefixSize..]);
        padded[(PrefixSize + content.Length)..].Clear();
        return length;
    }

    /// <summary>
    /// The content's length; it begins at byte 4. False unless <paramref name="padded"/> is exactly what
    /// <see cref="Pad(ReadOnlySpan{byte})"/> makes of that content.
    /// </summary>
    public static bool TryUnpad(ReadOnlySpan<byte> padded, out int contentLength)
    {
        contentLength = 0;
        if (padded.Length < Floor) return false;
        var length = BinaryPrimitives.ReadUInt32BigEndian(padded);
        if (length > (uint)(padded.Length - PrefixSize)) return false;
        var end = PrefixSize + (int)length;
        if (PaddedLength(end) != padded.Length || padded[end..].ContainsAnyExcept((byte)0)) return false;
        contentLength = (int)length;
        return true;
    }
}
