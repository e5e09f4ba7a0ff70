using System.Security.Cryptography;
using KeyRecovery.Protocol.Primitives;

namespace KeyRecovery.Protocol.Linking.Noise;

/// <summary>
/// Noise's SymmetricState (revision 34, §5.2) with SHA-256: chaining key, transcript hash and cipher of a handshake.
/// </summary>
internal sealed class NoiseSymmetric : IDisposable
{
    public const int HashSize = SHA256.HashSizeInBytes;

    private const int MaxOnStack = 512;

    private readonly byte[] _chainingKey = GC.AllocateArray<byte>(HashSize, pinned: true);
    private readonly byte[] _hash = new byte[HashSize];
    private readonly NoiseCipher _cipher = new();

    /// <param name="protocolName">Longer than a hash: it is hashed and not padded.</param>
    public NoiseSymmetric(ReadOnlySpan<byte> protocolName)
    {
        Throw.IfOutside(protocolName.Length, HashSize + 1, byte.MaxValue, nameof(protocolName));
        SHA256.HashData(protocolName, _hash);
        _hash.CopyTo(_chainingKey, 0);
    }

    /// <summary>The hash of everything so far.</summary>
    public byte[] Transcript => [.. _hash];

    public void MixHash(ReadOnlySpan<byte> data)
    {
        var length = HashSize + data.Length;
        var input = length <= MaxOnStack ? stackalloc byte[length] : new byte[length];
        _hash.CopyTo(input);
        data.CopyTo(input[HashSize..]);
        SHA256.HashData(input, _hash);
        CryptographicOperations.ZeroMemory(input);
    }

    public void MixKey(ReadOnlySpan<byte> material)
    {
        Span<byte> blocks = stackalloc byte[2 * HashSize];
        Expand(material, blocks);
        blocks[..HashSize].CopyTo(_chainingKey);
        _cipher.Initialize(blocks[HashSize..]);
        CryptographicOperations.ZeroMemory(blocks);
    }

    public void MixKeyAndHash(ReadOnlySpan<byte> material)
    {
        Span<byte> blocks = stackalloc byte[3 * HashSize];
        Expand(material, blocks);
        blocks[..HashSize].CopyTo(_chainingKey);
        MixHash(blocks[HashSize..(2 * HashSize)]);
        _cipher.Initialize(blocks[(2 * HashSize)..]);
        CryptographicOperations.ZeroMemory(blocks);
    }

    /// <param name="output">16 bytes longer than the plaintext.</param>
    /// <param name="plaintext">A handshake payload.</param>
    public void EncryptAndHash(Span<byte> output, ReadOnlySpan<byte> plaintext)
    {
        _cipher.Seal(output, plaintext, _hash);
        MixHash(output);
    }

    /// <param name="output">16 bytes shorter than the message.</param>
    /// <param name="message">A sealed handshake payload.</param>
    public bool TryDecryptAndHash(Span<byte> output, ReadOnlySpan<byte> message)
    {
        if (!_cipher.TryOpen(output, message, _hash)) return false;
        MixHash(message);
        return true;
    }

    /// <summary>
    /// The ciphers after the handshake: the initiator sends with the first, the responder with the second.
    /// </summary>
    public (NoiseCipher Initiator, NoiseCipher Responder) Split()
    {
        Span<byte> keys = stackalloc byte[2 * HashSize];
        Expand([], keys);
        var (initiator, responder) = (new NoiseCipher(), new NoiseCipher());
        initiator.Initialize(keys[..HashSize]);
        responder.Initialize(keys[HashSize..]);
        CryptographicOperations.ZeroMemory(keys);
        return (initiator, responder);
    }

    // Noise §4.3: HKDF with the chaining key as salt and no info.
    private void Expand(ReadOnlySpan<byte> material, Span<byte> blocks) =>
        Sodium.HkdfSha256(blocks, material, _chainingKey, []);

    public void Dispose()
    {
        CryptographicOperations.ZeroMemory(_chainingKey);
        _cipher.Dispose();
    }

    public override string ToString() => Redacted.Text;
}
