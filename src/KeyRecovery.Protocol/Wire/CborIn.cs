using System.Diagnostics.CodeAnalysis;
using System.Formats.Cbor;
using System.Text;

namespace KeyRecovery.Protocol.Wire;

/// <summary>
/// Reads the CBOR of signed things: arrays of known length, text, bytes and unsigned integers up to 2^53 − 1, each in
/// its one shortest form (RFC 8949 §4.2.1, CTAP2 canonical). All else (tags, floats, maps, null, negative and simple
/// values, indefinite lengths, longer forms than needed, invalid UTF-8, depth above 8, bytes left over) throws
/// <see cref="WireFormatException"/>, and nothing else is thrown whatever the bytes. Lengths are checked before memory
/// is taken.
/// </summary>
public sealed class CborIn
{
    private static readonly UTF8Encoding StrictUtf8 =
        new(encoderShouldEmitUTF8Identifier: false, throwOnInvalidBytes: true);

    private readonly CborReader _reader;
    private readonly Stack<int> _remaining = new(CborOut.MaxDepth);

    /// <summary>Begins to read; the memory must not change until the last view of it is done with.</summary>
    public CborIn(ReadOnlyMemory<byte> bytes) => _reader = new CborReader(bytes, CborConformanceMode.Ctap2Canonical);

    /// <summary>Enters an array of exactly <paramref name="exactCount"/> elements.</summary>
    public void Array(int exactCount) => Array(exactCount, exactCount);

    /// <summary>
    /// Enters an array of <paramref name="min"/> to <paramref name="max"/> elements and tells how many.
    /// </summary>
    public int Array(int min, int max)
    {
        // The mode admits no array without a count.
        var count = Read(static reader => reader.ReadStartArray()).GetValueOrDefault();
        _remaining.Push(count);
        WireFormatException.Require(_remaining.Count <= CborOut.MaxDepth, "arrays nest at most eight deep");
        RequireLength(count, min, max);
        return count;
    }

    /// <summary>
    /// Enters a structure: an array that begins with its label and version. The version is asked before the number of
    /// elements, which another version may have changed (docs/protocol.md §12).
    /// </summary>
    /// <param name="label">Its label.</param>
    /// <param name="elements">How many elements it has, label and version included.</param>
    /// <exception cref="UpgradeRequiredException">It has another version.</exception>
    public void Structure(string label, int elements)
    {
        var count = Array(2, int.MaxValue);
        Label(label);
        if (UInt() != FormatVersion.Current) throw new UpgradeRequiredException();
        WireFormatException.Require(count == elements, "another length is due here");
    }

    /// <summary>
    /// Enters a structure that only its reader writes, a row or a file of its own: another version is as bad as another
    /// label.
    /// </summary>
    /// <param name="label">Its label.</param>
    /// <param name="elements">How many elements it has, label and version included.</param>
    /// <param name="version">Its version.</param>
    public void OwnStructure(string label, int elements, ulong version = 1)
    {
        Array(elements);
        Label(label);
        WireFormatException.Require(UInt() == version, "another version is due here");
    }

    /// <summary>Enters such a structure that has had several layouts, and says which of them this is, from 1.</summary>
    /// <param name="label">Its label.</param>
    /// <param name="elements">How many elements each layout has, label and version included.</param>
    public int OwnLayout(string label, params ReadOnlySpan<int> elements)
    {
        var found = Array(1, elements[^1]);
        Label(label);
        var version = (int)UInt((ulong)elements.Length);
        WireFormatException.Require(version > 0 && elements[version - 1] == found, "another layout is due here");
        return version;
    }

    /// <summary>Reads the text <paramref name="expected"/>, of ASCII, and nothing else.</summary>
    public void Label(string expected)
    {
        var utf8 = Read(static reader => reader.ReadDefiniteLengthTextStringBytes());
        WireFormatException.Require(Ascii.Equals(utf8.Span, expected), "another label is due here");
    }

    /// <summary>Reads valid UTF-8 of <paramref name="minBytes"/> to <paramref name="maxBytes"/> bytes.</summary>
    public string Text(int minBytes, int maxBytes)
    {
        var utf8 = Read(static reader => reader.ReadDefiniteLengthTextStringBytes());
        RequireLength(utf8.Length, minBytes, maxBytes);
        try
        {
            return StrictUtf8.GetString(utf8.Span);
        }
        catch (DecoderFallbackException e)
        {
            throw new WireFormatException("text is valid UTF-8", e);
        }
    }

    /// <summary>Reads exactly <paramref name="exact"/> bytes into a new array.</summary>
    public byte[] Bytes(int exact) => Bytes(exact, exact);

    /// <summary>Reads <paramref name="min"/> to <paramref name="max"/> bytes into a new array.</summary>
    public byte[] Bytes(int min, int max) => BytesView(min, max).ToArray();

    /// <summary>Reads <paramref name="min"/> to <paramref name="max"/> bytes as a slice of the input.</summary>
    public ReadOnlyMemory<byte> BytesView(int min, int max)
    {
        var bytes = Read(static reader => reader.ReadDefiniteLengthByteString());
        RequireLength(bytes.Length, min, max);
        return bytes;
    }

    /// <summary>Reads an integer of at most <paramref name="max"/>, 2^53 − 1 unless told.</summary>
    [SuppressMessage("Naming", "CA1720", Justification = "The name of CBOR's own type.")]
    public ulong UInt(ulong max = CborOut.MaxInteger)
    {
        var value = Read(static reader => reader.ReadUInt64());
        WireFormatException.Require(value <= max && value <= CborOut.MaxInteger, "a smaller integer is due here");
        return value;
    }

    /// <summary>Reads 32 bytes as a hash.</summary>
    public Hash256 Hash() => new(BytesView(Hash256.Size, Hash256.Size).Span);

    /// <summary>Reads 16 bytes as an account's id.</summary>
    public AccountId Account() => new(BytesView(Bytes16.Size, Bytes16.Size).Span);

    /// <summary>Reads 16 bytes as an authority's id.</summary>
    public AuthorityId Authority() => new(BytesView(Bytes16.Size, Bytes16.Size).Span);

    /// <summary>Reads 16 bytes as an item's id.</summary>
    public ItemId Item() => new(BytesView(Bytes16.Size, Bytes16.Size).Span);

    /// <summary>
    /// Requires that everything has been read: every array to its last element, and the input to its last byte.
    /// </summary>
    public void End()
    {
        CloseFinishedArrays();
        WireFormatException.Require(_remaining.Count == 0 && _reader.BytesRemaining == 0, "nothing is left over");
    }

    private T Read<T>(Func<CborReader, T> read)
    {
        try
        {
            CloseFinishedArrays();
            var value = read(_reader);
            if (_remaining.TryPop(out var count)) _remaining.Push(count - 1);
            return value;
        }
        catch (Exception e) when (e is CborContentException or InvalidOperationException or OverflowException)
        {
            throw new WireFormatException("another CBOR item is due here, in its one strict form", e);
        }
    }

    private void CloseFinishedArrays()
    {
        while (_remaining.TryPeek(out var count) && count == 0)
        {
            _reader.ReadEndArray();
            _remaining.Pop();
        }
    }

    private static void RequireLength(int length, int min, int max) =>
        WireFormatException.Require(length >= min && length <= max, "another length is due here");
}
