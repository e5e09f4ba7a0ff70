using System.Buffers.Binary;

namespace KeyRecovery.Protocol.Wire;

/// <summary>What the 16-byte ids share.</summary>
internal readonly record struct Bytes16 : IComparable<Bytes16>
{
    public const int Size = 16;

    private readonly UInt128 _value;

    public Bytes16(ReadOnlySpan<byte> bytes)
    {
        WireFormatException.Require(bytes.Length == Size, "an id has 16 bytes");
        _value = BinaryPrimitives.ReadUInt128BigEndian(bytes);
    }

    public void CopyTo(Span<byte> destination) => BinaryPrimitives.WriteUInt128BigEndian(destination, _value);

    public byte[] ToArray()
    {
        var bytes = new byte[Size];
        CopyTo(bytes);
        return bytes;
    }

    public int CompareTo(Bytes16 other) => _value.CompareTo(other._value);

    public override string ToString() => Base64UrlText.Encode(ToArray());
}
