using System.Diagnostics;
using System.Diagnostics.CodeAnalysis;
using KeyRecovery.Protocol.Primitives;
using KeyRecovery.Service.Keys;
using KeyRecovery.Storage.Files.Disk;

namespace KeyRecovery.Storage.Files.Ring;

/// <summary>
/// The root key in a file: <c>root.key</c>, 32 random bytes, mode 0600, in the ring's folder; the next one, while the
/// key is being replaced, beside it in <c>root.key.next</c>.
/// </summary>
[DebuggerDisplay("[redacted]")]
public sealed class FileRootKey : IRotatingRootKey, IDisposable
{
    /// <summary>The file's name.</summary>
    public const string FileName = "root.key";

    /// <summary>The next key's file name.</summary>
    public const string NextFileName = "root.key.next";

    /// <summary>The length in bytes: 32.</summary>
    public const int Size = SecretBox.KeySize;

    private readonly string _path;
    private readonly string _nextPath;
    private readonly RootKeyPair _keys;
    private readonly IRandom _random;

    private FileRootKey(string path, string nextPath, RootKeyPair keys, IRandom random) =>
        (_path, _nextPath, _keys, _random) = (path, nextPath, keys, random);

    /// <inheritdoc/>
    public bool IsRotating => _keys.HasNext;

    /// <summary>Reads the root key, or makes it and its folder.</summary>
    /// <param name="folder">The ring's folder, made with mode 0700.</param>
    /// <param name="random">Where the key and nonces come from.</param>
    /// <param name="mayCreate">True only while nothing depends on it: no secrets in the key store.</param>
    /// <exception cref="KekRingException">The key is missing though something depends on it, or is no key, or
    /// unreadable.</exception>
    public static FileRootKey Open(string folder, IRandom random, bool mayCreate)
    {
        var full = Path.GetFullPath(folder);
        var (path, nextPath) = (Path.Combine(full, FileName), Path.Combine(full, NextFileName));
        try
        {
            if (!File.Exists(path))
            {
                if (!mayCreate || File.Exists(Path.Combine(full, FileKekRing.FileName))) throw Throw.Missing(path);
                PrivateFiles.MakeFolder(full);
                using var fresh = SecretBytes.Random(Size, random);
                AtomicFile.Write(path, fresh.Span);
            }

            AtomicFile.DropDraft(path);
            AtomicFile.DropDraft(nextPath);
            var current = Read(path);
            return new FileRootKey(path, nextPath,
                new RootKeyPair(current, File.Exists(nextPath) ? Read(nextPath) : null, random), random);
        }
        catch (Exception e) when (e is IOException or UnauthorizedAccessException)
        {
            throw Throw.Io(path, e);
        }
    }

    /// <inheritdoc/>
    public byte[] Wrap(ReadOnlySpan<byte> purpose, ReadOnlySpan<byte> secret) => _keys.Wrap(purpose, secret);

    /// <inheritdoc/>
    public bool TryUnwrap(
        ReadOnlySpan<byte> purpose, ReadOnlySpan<byte> wrapped, [NotNullWhen(true)] out SecretBytes? secret) =>
        _keys.TryUnwrap(purpose, wrapped, out secret);

    /// <inheritdoc/>
    public bool IsUnderNext(ReadOnlySpan<byte> purpose, ReadOnlySpan<byte> wrapped) =>
        _keys.IsUnderNext(purpose, wrapped);

    /// <inheritdoc/>
    public RingResult AddNext()
    {
        if (IsRotating) return new RingResult.Done();
        try
        {
            using (var fresh = SecretBytes.Random(Size, _random)) AtomicFile.Write(_nextPath, fresh.Span);
            // What is on the disk wraps, and not what was meant to be.
            _keys.SetNext(Read(_nextPath));
            return new RingResult.Done();
        }
        catch (Exception e) when (e is IOException or UnauthorizedAccessException or KekRingException)
        {
            return new RingResult.Refused($"{_nextPath} cannot be made: {e.Message}", e);
        }
    }

    /// <inheritdoc/>
    public RingResult Finish()
    {
        try
        {
            AtomicFile.Replace(_path, _nextPath);
            _keys.Advance();
            return new RingResult.Done();
        }
        catch (Exception e) when (e is IOException or UnauthorizedAccessException)
        {
            return new RingResult.Refused($"{_path} cannot be replaced: {e.Message}", e);
        }
    }

    /// <summary>Zeroes the keys.</summary>
    public void Dispose() => _keys.Dispose();

    /// <summary>Always <c>[redacted]</c>.</summary>
    public override string ToString() => "[redacted]";

    private static SecretBytes Read(string path)
    {
        PrivateFiles.Restrict(path);
        using var stream = new FileStream(path, FileMode.Open, FileAccess.Read, FileShare.Read, bufferSize: 0);
        if (stream.Length != Size) throw Throw.RootKeySize(path, stream.Length);
        return SecretBytes.Create(Size, stream.ReadExactly);
    }
}
