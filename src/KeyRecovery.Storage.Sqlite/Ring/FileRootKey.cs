using System.Diagnostics;
using System.Diagnostics.CodeAnalysis;
using KeyRecovery.Protocol.Primitives;
using KeyRecovery.Service.Keys;
using KeyRecovery.Storage.Sqlite.Files;

namespace KeyRecovery.Storage.Sqlite.Ring;

/// <summary>
/// The root key in a file: <c>root.key</c>, 32 random bytes, mode 0600, in the ring's folder. Wraps with
/// XChaCha20-Poly1305, the purpose as associated data.
/// </summary>
[DebuggerDisplay("[redacted]")]
public sealed class FileRootKey : IRootKey, IDisposable
{
    /// <summary>The file's name.</summary>
    public const string FileName = "root.key";

    /// <summary>The length in bytes: 32.</summary>
    public const int Size = SecretBox.KeySize;

    private readonly SecretBytes _key;
    private readonly IRandom _random;

    private FileRootKey(SecretBytes key, IRandom random) => (_key, _random) = (key, random);

    /// <summary>Reads the root key, or makes it and its folder.</summary>
    /// <param name="folder">The ring's folder, made with mode 0700.</param>
    /// <param name="random">Where the key and nonces come from.</param>
    /// <param name="mayCreate">True only while nothing depends on it: no secrets in the key store.</param>
    /// <exception cref="KekRingException">The key is missing though something depends on it, or is no key, or unreadable.</exception>
    public static FileRootKey Open(string folder, IRandom random, bool mayCreate)
    {
        var path = Path.Combine(Path.GetFullPath(folder), FileName);
        try
        {
            if (File.Exists(path)) return new FileRootKey(Read(path), random);
            if (!mayCreate || File.Exists(Path.Combine(folder, FileKekRing.FileName))) throw Throw.Missing(path);
            PrivateFiles.MakeFolder(Path.GetDirectoryName(path)!);
            var key = SecretBytes.Random(Size, random);
            AtomicFile.Write(path, key.Span);
            return new FileRootKey(key, random);
        }
        catch (Exception e) when (e is IOException or UnauthorizedAccessException)
        {
            throw Throw.Io(path, e);
        }
    }

    /// <inheritdoc/>
    public byte[] Wrap(ReadOnlySpan<byte> purpose, ReadOnlySpan<byte> secret) =>
        SecretBox.Seal(_key.Span, purpose, secret, _random);

    /// <inheritdoc/>
    public bool TryUnwrap(ReadOnlySpan<byte> purpose, ReadOnlySpan<byte> wrapped, [NotNullWhen(true)] out SecretBytes? secret)
    {
        secret = null;
        if (wrapped.Length < SecretBox.Overhead) return false;
        var opening = new Opening(_key.Span, purpose, wrapped);
        var opened = false;
        var plaintext = SecretBytes.Create(wrapped.Length - SecretBox.Overhead, opening, (destination, opening) =>
            opened = SecretBox.TryOpen(opening.Key, opening.Purpose, opening.Wrapped, destination));
        if (opened) secret = plaintext;
        else plaintext.Dispose();
        return opened;
    }

    /// <summary>Zeroes the key.</summary>
    public void Dispose() => _key.Dispose();

    /// <summary>Always <c>[redacted]</c>.</summary>
    public override string ToString() => "[redacted]";

    private static SecretBytes Read(string path)
    {
        PrivateFiles.Restrict(path);
        using var stream = new FileStream(path, FileMode.Open, FileAccess.Read, FileShare.Read, bufferSize: 0);
        if (stream.Length != Size) throw Throw.RootKeySize(path, stream.Length);
        return SecretBytes.Create(Size, stream.ReadExactly);
    }

    private readonly ref struct Opening(ReadOnlySpan<byte> key, ReadOnlySpan<byte> purpose, ReadOnlySpan<byte> wrapped)
    {
        public readonly ReadOnlySpan<byte> Key = key;
        public readonly ReadOnlySpan<byte> Purpose = purpose;
        public readonly ReadOnlySpan<byte> Wrapped = wrapped;
    }
}
