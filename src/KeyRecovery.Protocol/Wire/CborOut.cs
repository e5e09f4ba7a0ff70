using System.Diagnostics.CodeAnalysis;
using System.Formats.Cbor;

namespace KeyRecovery.Protocol.Wire;

/// <summary>
/// Writes the CBOR of signed things (RFC 8949, CTAP2's canonical form): arrays of known length, text, bytes and
/// unsigned integers. An array closes by itself with its last element. What it writes, <see cref="CborIn"/> reads.
/// </summary>
public sealed class CborOut
{
    /// <summary>How deep arrays may nest: 8.</summary>
    public const int MaxDepth = 8;

    /// <summary>The largest integer: 2^53 − 1, the largest that every language counts exactly.</summary>
    public const ulong MaxInteger = (1UL << 53) - 1;

    private readonly CborWriter _writer = new(CborConformanceMode.Ctap2Canonical);
    private readonly Stack<int> _remaining = new(MaxDepth);

    /// <summary>Begins an array of exactly <paramref name="count"/> elements.</summary>
    public CborOut Array(int count)
    {
        Throw.IfOutside(count, 0, int.MaxValue, nameof(count));
        if (_remaining.Count == MaxDepth) Throw.State("arrays nest too deep");
        _writer.WriteStartArray(count);
        _remaining.Push(count);
        if (count == 0) Close();
        return this;
    }

    /// <summary>Writes text as UTF-8.</summary>
    /// <exception cref="ArgumentException">A surrogate without its other half.</exception>
    public CborOut Text(string text)
    {
        _writer.WriteTextString(text);
        return Counted();
    }

    /// <summary>Writes a byte string.</summary>
    public CborOut Bytes(ReadOnlySpan<byte> bytes)
    {
        _writer.WriteByteString(bytes);
        return Counted();
    }

    /// <summary>Writes an id as 16 bytes.</summary>
    public CborOut Bytes(AccountId id) => Bytes(id.ToArray());

    /// <summary>Writes an id as 16 bytes.</summary>
    public CborOut Bytes(AuthorityId id) => Bytes(id.ToArray());

    /// <summary>Writes an id as 16 bytes.</summary>
    public CborOut Bytes(ItemId id) => Bytes(id.ToArray());

    /// <summary>Writes a hash as 32 bytes.</summary>
    public CborOut Bytes(Hash256 hash) => Bytes(hash.ToArray());

    /// <summary>Writes an integer of at most <see cref="MaxInteger"/>.</summary>
    [SuppressMessage("Naming", "CA1720", Justification = "The name of CBOR's own type.")]
    public CborOut UInt(ulong value)
    {
        if (value > MaxInteger) Throw.Argument(nameof(value), "must not exceed 2^53 - 1");
        _writer.WriteUInt64(value);
        return Counted();
    }

    /// <summary>The bytes of the one thing written.</summary>
    /// <exception cref="InvalidOperationException">Nothing was written, or an array lacks elements.</exception>
    public byte[] ToArray() => _writer.Encode();

    private CborOut Counted()
    {
        if (_remaining.TryPop(out var count))
        {
            _remaining.Push(count - 1);
            if (count == 1) Close();
        }

        return this;
    }

    private void Close()
    {
        _remaining.Pop();
        _writer.WriteEndArray();
        Counted();
    }
}
