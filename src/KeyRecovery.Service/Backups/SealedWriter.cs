using System.Buffers.Binary;
using System.Security.Cryptography;
using KeyRecovery.Protocol.Primitives;

namespace KeyRecovery.Service.Backups;

/// <summary>
/// Seals a stream of records in pieces (docs/protocol.md §16.2), so that neither a store nor its copy ever lies whole
/// in memory, nor unsealed anywhere. Each piece says its place and whether it is the last: none is moved, dropped or
/// added.
/// </summary>
internal sealed class SealedWriter : IDisposable
{
    public const int PieceSize = 64 * 1024;

    private readonly byte[] _piece = GC.AllocateArray<byte>(PieceSize, pinned: true);
    private readonly Stream _to;
    private readonly SecretBytes _key;
    private readonly IRandom _random;
    private readonly byte[] _header;
    private ulong _index;
    private int _length;

    public SealedWriter(Stream to, SecretBytes kek, BackupSetId set, IRandom random)
    {
        (_to, _random, _header) = (to, random, SealedStream.Header(set));
        _key = SealedStream.Key(kek, set);
        _to.Write(_header);
    }

    public void Write(ReadOnlySpan<byte> record)
    {
        Span<byte> length = stackalloc byte[sizeof(int)];
        BinaryPrimitives.WriteInt32BigEndian(length, record.Length);
        Append(length);
        Append(record);
    }

    /// <summary>
    /// Writes the last piece, which is shorter, if empty. Without it no reader takes what came before for whole.
    /// </summary>
    public void Complete() => Seal(last: true);

    public void Dispose()
    {
        CryptographicOperations.ZeroMemory(_piece);
        _key.Dispose();
    }

    private void Append(ReadOnlySpan<byte> bytes)
    {
        while (!bytes.IsEmpty)
        {
            var taken = bytes[..Math.Min(bytes.Length, PieceSize - _length)];
            taken.CopyTo(_piece.AsSpan(_length));
            _length += taken.Length;
            bytes = bytes[taken.Length..];
            if (_length == PieceSize) Seal(last: false);
        }
    }

    private void Seal(bool last)
    {
        var box = SecretBox.Seal(
            _key.Span, SealedStream.Aad(_header, _index++, last), _piece.AsSpan(0, _length), _random);
        Span<byte> length = stackalloc byte[sizeof(int)];
        BinaryPrimitives.WriteInt32BigEndian(length, box.Length);
        _to.Write(length);
        _to.Write(box);
        _length = 0;
    }
}
