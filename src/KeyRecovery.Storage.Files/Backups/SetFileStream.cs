using System.Security.Cryptography;
using KeyRecovery.Service.Backups;
using KeyRecovery.Storage.Files.Disk;

namespace KeyRecovery.Storage.Files.Backups;

/// <summary>
/// A file of a set, held against what was signed while it is read: what was copied or taken up is what was hashed, and
/// nothing follows it. Whoever reads it must come to its end, where a file that is not what was written is told.
/// </summary>
public sealed class SetFileStream : Stream
{
    private const int BufferSize = 1 << 17;

    private readonly string _path;
    private readonly FileSum _expected;
    private readonly Stream _file;
    private readonly IncrementalHash _hash = IncrementalHash.CreateHash(HashAlgorithmName.SHA256);
    private ulong _read;
    private bool _isWhole;

    private SetFileStream(string path, FileSum expected, Stream file) =>
        (_path, _expected, _file) = (path, expected, file);

    /// <inheritdoc/>
    public override bool CanRead => true;

    /// <inheritdoc/>
    public override bool CanSeek => false;

    /// <inheritdoc/>
    public override bool CanWrite => false;

    /// <inheritdoc/>
    public override long Length => (long)_expected.Size;

    /// <inheritdoc/>
    public override long Position
    {
        get => (long)_read;
        set => throw new NotSupportedException();
    }

    /// <summary>Opens it, where it is a plain file.</summary>
    /// <exception cref="IOException">It is not there, or is not as long as what was written.</exception>
    internal static SetFileStream Open(string path, FileSum expected)
    {
        if (PlainFile.LengthOf(path) is not { } length) throw new IOException($"{path} is missing");
        if ((ulong)length != expected.Size) throw NotWritten(path);
        return new SetFileStream(path, expected, expected.Size == 0
            ? Null : new FileStream(path, FileMode.Open, FileAccess.Read, FileShare.Read, BufferSize, useAsync: true));
    }

    /// <summary>Asks for the end, where all was read that there should be.</summary>
    /// <exception cref="IOException">It is not what was written, or goes on.</exception>
    public void End()
    {
        Span<byte> one = stackalloc byte[1];
        if (Read(one) != 0) throw NotWritten(_path);
    }

    /// <inheritdoc/>
    public override int Read(Span<byte> buffer)
    {
        var count = _file.Read(buffer);
        Take(buffer[..count]);
        return count;
    }

    /// <inheritdoc/>
    public override int Read(byte[] buffer, int offset, int count) => Read(buffer.AsSpan(offset, count));

    /// <inheritdoc/>
    public override async ValueTask<int> ReadAsync(Memory<byte> buffer, CancellationToken cancellationToken = default)
    {
        var count = await _file.ReadAsync(buffer, cancellationToken).ConfigureAwait(false);
        Take(buffer.Span[..count]);
        return count;
    }

    /// <inheritdoc/>
    public override Task<int> ReadAsync(byte[] buffer, int offset, int count, CancellationToken cancellationToken) =>
        ReadAsync(buffer.AsMemory(offset, count), cancellationToken).AsTask();

    /// <inheritdoc/>
    public override void Flush() { }

    /// <inheritdoc/>
    public override long Seek(long offset, SeekOrigin origin) => throw new NotSupportedException();

    /// <inheritdoc/>
    public override void SetLength(long value) => throw new NotSupportedException();

    /// <inheritdoc/>
    public override void Write(byte[] buffer, int offset, int count) => throw new NotSupportedException();

    /// <inheritdoc/>
    protected override void Dispose(bool disposing)
    {
        if (disposing)
        {
            _file.Dispose();
            _hash.Dispose();
        }

        base.Dispose(disposing);
    }

    private static IOException NotWritten(string path) => new($"{path} is not what was written");

    private void Take(ReadOnlySpan<byte> bytes)
    {
        _read += (ulong)bytes.Length;
        if (_read > _expected.Size) throw NotWritten(_path);
        _hash.AppendData(bytes);
        if (bytes.Length != 0 || _isWhole) return;
        if (_read != _expected.Size || new Hash256(_hash.GetCurrentHash()) != _expected.Hash) throw NotWritten(_path);
        _isWhole = true;
    }
}
