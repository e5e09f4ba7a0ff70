using System.Buffers.Binary;
using System.Security.Cryptography;
using KeyRecovery.Protocol.Wire;

namespace KeyRecovery;

/// <summary>A SHA-256 hash (FIPS 180-4): 32 bytes, compared by value. The default value is 32 zero bytes.</summary>
public readonly record struct Hash256
{
    /// <summary>The length in bytes: 32.</summary>
    public const int Size = 32;

    private readonly UInt128 _high;
    private readonly UInt128 _low;

    /// <summary>Reads a hash from its bytes.</summary>
    /// <param name="bytes">Exactly 32 bytes.</param>
    /// <exception cref="WireFormatException">The length is not 32.</exception>
    public Hash256(ReadOnlySpan<byte> bytes)
    {
        WireFormatException.Require(bytes.Length == Size, "a hash has 32 bytes");
        _high = BinaryPrimitives.ReadUInt128BigEndian(bytes);
        _low = BinaryPrimitives.ReadUInt128BigEndian(bytes[16..]);
    }

    /// <summary>Hashes <paramref name="data"/> with SHA-256.</summary>
    public static Hash256 Of(ReadOnlySpan<byte> data)
    {
        Span<byte> digest = stackalloc byte[Size];
        SHA256.HashData(data, digest);
        return new Hash256(digest);
    }

    /// <summary>Writes the 32 bytes.</summary>
    public void CopyTo(Span<byte> destination)
    {
        BinaryPrimitives.WriteUInt128BigEndian(destination, _high);
        BinaryPrimitives.WriteUInt128BigEndian(destination[16..], _low);
    }

    /// <summary>The 32 bytes, as a new array.</summary>
    public byte[] ToArray()
    {
        var bytes = new byte[Size];
        CopyTo(bytes);
        return bytes;
    }

    /// <summary>Unpadded base64url, 43 characters.</summary>
    public override string ToString() => Base64UrlText.Encode(ToArray());

    /// <summary>Reads unpadded base64url of exactly 43 characters; false for anything else.</summary>
    public static bool TryParse(string? text, out Hash256 hash)
    {
        hash = default;
        if (!Base64UrlText.TryDecode(text, Size, out var bytes)) return false;
        hash = new Hash256(bytes);
        return true;
    }
}
