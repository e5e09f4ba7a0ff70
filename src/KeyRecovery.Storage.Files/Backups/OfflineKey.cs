using System.Security.Cryptography;
using System.Text;
using KeyRecovery.Protocol.Primitives;
using KeyRecovery.Protocol.Wire;
using KeyRecovery.Storage.Files.Disk;

namespace KeyRecovery.Storage.Files.Backups;

/// <summary>
/// The operator's offline key as text: a line of a word that says which half it is, a space, and base64url of the key
/// with four bytes of its SHA-256, so that a slip of the pen is told from a wrong key. The private half never lies on
/// the server.
/// </summary>
public static class OfflineKey
{
    private const string PublicWord = "keyrecovery-offline-public-1";
    private const string PrivateWord = "keyrecovery-offline-private-1";
    private const int CheckSize = 4;

    /// <summary>Draws a key and writes both halves, mode 0600. Existing files are left alone.</summary>
    /// <returns>The public half.</returns>
    /// <exception cref="IOException">A file is there already, or cannot be written.</exception>
    public static KemPublicKey Create(string privatePath, string publicPath, IRandom random)
    {
        foreach (var path in new[] { privatePath, publicPath })
            if (File.Exists(path))
                throw new IOException($"{path} exists, and is not replaced: what was sealed to it would be lost");
        using var seed = SecretBytes.Random(KemPrivateKey.SeedSize, random);
        using var key = KemPrivateKey.FromSeed(seed.Span);
        AtomicFile.Write(privatePath, Encoding.ASCII.GetBytes(Write(PrivateWord, seed.Span)));
        AtomicFile.Write(publicPath, Encoding.ASCII.GetBytes(Write(PublicWord, key.PublicKey.Span)));
        return key.PublicKey;
    }

    /// <summary>Reads the public half.</summary>
    /// <exception cref="IOException">It is not there, or is no such key.</exception>
    public static KemPublicKey ReadPublic(string path)
    {
        try
        {
            return new KemPublicKey(Read(PublicWord, File.ReadAllText(path), KemPublicKey.Size, path));
        }
        catch (WireFormatException e)
        {
            throw new IOException($"{path} is not an offline key", e);
        }
    }

    /// <summary>Reads the private half.</summary>
    /// <param name="text">The line.</param>
    /// <param name="source">Where it comes from, for messages.</param>
    /// <exception cref="IOException">It is no such key.</exception>
    public static KemPrivateKey ReadPrivate(string text, string source)
    {
        var seed = Read(PrivateWord, text, KemPrivateKey.SeedSize, source);
        try
        {
            return KemPrivateKey.FromSeed(seed);
        }
        finally
        {
            CryptographicOperations.ZeroMemory(seed);
        }
    }

    private static string Write(string word, ReadOnlySpan<byte> key) =>
        $"{word} {Base64UrlText.Encode([.. key, .. SHA256.HashData(key)[..CheckSize]])}\n";

    private static byte[] Read(string word, string text, int size, string source)
    {
        if (text.Trim().Split(' ') is not [var found, var key])
            throw new IOException($"{source} is not an offline key");
        if (found != word)
            throw new IOException(found is PublicWord or PrivateWord
                ? $"{source} is the other half of an offline key" : $"{source} is not an offline key");
        if (!Base64UrlText.TryDecode(key, size + CheckSize, out var bytes)
            || !SHA256.HashData(bytes.AsSpan(0, size)).AsSpan(0, CheckSize).SequenceEqual(bytes.AsSpan(size)))
            throw new IOException($"{source} has a wrong character: it was mistyped, or cut short");
        return bytes[..size];
    }
}
