using System.Buffers.Binary;
using System.Security.Cryptography;
using KeyRecovery.Protocol.Primitives;
using KeyRecovery.Protocol.Wire;

namespace KeyRecovery.Service.Backups;

/// <summary>
/// Reads what <see cref="SealedWriter"/> sealed. A record counts once it is given; the stream only when it has ended.
/// </summary>
internal sealed class SealedReader : IDisposable
{
    private const int MaxRecord = 64 << 20;

    private readonly byte[] _piece = GC.AllocateArray<byte>(SealedWriter.PieceSize, pinned: true);
    private readonly Stream _from;
    private readonly SecretBytes _key;
    private readonly byte[] _header;
    private ulong _index;
    private int _at;
    private int _length;
    private bool _isLast;

    /// <exception cref="WireFormatException">It begins otherwise: no key store, or another set's.</exception>
    public SealedReader(Stream from, SecretBytes kek, BackupSetId set)
    {
        (_from, _header) = (from, SealedStream.Header(set));
        var header = new byte[_header.Length];
        Fill(header);
        WireFormatException.Require(header.AsSpan().SequenceEqual(_header), "the sealed key store of this set is due");
        _key = SealedStream.Key(kek, set);
    }

    /// <exception cref="WireFormatException">It is damaged, cut short, or sealed under another KEK.</exception>
    public byte[] Read()
    {
        var length = BinaryPrimitives.ReadInt32BigEndian(Take(sizeof(int)));
        WireFormatException.Require(length is > 0 and <= MaxRecord, "a record has a length");
        return Take(length);
    }

    /// <exception cref="WireFormatException">Something follows.</exception>
    public void End() =>
        WireFormatException.Require(
            _isLast && _at == _length && _from.ReadByte() < 0, "nothing follows the last record");

    public void Dispose()
    {
        CryptographicOperations.ZeroMemory(_piece);
        _key.Dispose();
    }

    private byte[] Take(int count)
    {
        var bytes = new byte[count];
        for (var filled = 0; filled < count;)
        {
            if (_at == _length) Open();
            var taken = Math.Min(count - filled, _length - _at);
            _piece.AsSpan(_at, taken).CopyTo(bytes.AsSpan(filled));
            (_at, filled) = (_at + taken, filled + taken);
        }

        return bytes;
    }

    private void Open()
    {
        WireFormatException.Require(!_isLast, "a record ends within the stream");
        var length = new byte[sizeof(int)];
        Fill(length);
        var size = BinaryPrimitives.ReadInt32BigEndian(length) - SecretBox.Overhead;
        WireFormatException.Require(size is >= 0 and <= SealedWriter.PieceSize, "a piece is at most 64 KiB long");
        var box = new byte[size + SecretBox.Overhead];
        Fill(box);
        _isLast = size < SealedWriter.PieceSize;
        var isOpen = SecretBox.TryOpen(
            _key.Span, SealedStream.Aad(_header, _index, _isLast), box, _piece.AsSpan(0, size));
        WireFormatException.Require(isOpen, "the sealed key store opens under this KEK");
        (_index, _at, _length) = (_index + 1, 0, size);
    }

    private void Fill(Span<byte> bytes) =>
        WireFormatException.Require(_from.ReadAtLeast(bytes, bytes.Length, throwOnEndOfStream: false) == bytes.Length,
            "the sealed key store is whole");
}
