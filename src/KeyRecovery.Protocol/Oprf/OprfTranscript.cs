using System.Buffers.Binary;

namespace KeyRecovery.Protocol.Oprf;

/// <summary>
/// Writes what is hashed, byte strings behind their length in two bytes (RFC 9497 §2.2), into a buffer on the stack.
/// </summary>
internal ref struct OprfTranscript(Span<byte> buffer)
{
    private readonly Span<byte> _buffer = buffer;
    private int _length;

    public readonly ReadOnlySpan<byte> Written => _buffer[.._length];

    public void Add(scoped ReadOnlySpan<byte> part)
    {
        AddNumber(part.Length);
        AddText(part);
    }

    public void AddNumber(int number)
    {
        BinaryPrimitives.WriteUInt16BigEndian(_buffer[_length..], checked((ushort)number));
        _length += 2;
    }

    public void AddText(scoped ReadOnlySpan<byte> text)
    {
        text.CopyTo(_buffer[_length..]);
        _length += text.Length;
    }
}
