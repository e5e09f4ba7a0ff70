using System.Buffers.Binary;
using System.Security.Cryptography;
using KeyRecovery.Protocol.Primitives;

namespace KeyRecovery.Protocol.Linking.Noise;

/// <summary>
/// Noise's CipherState (revision 34, §5.1) with ChaChaPoly (§12.3): a key of 32 bytes and the number of messages so
/// far, which is the nonce. A message that does not open leaves the number as it is.
/// </summary>
internal sealed class NoiseCipher : IDisposable
{
    public const int KeySize = 32;
    public const int TagSize = 16;

    private const int NonceSize = 12;

    private readonly byte[] _key = GC.AllocateArray<byte>(KeySize, pinned: true);
    private ulong _counter;

    /// <summary>Takes a key, and counts from 0.</summary>
    public void Initialize(ReadOnlySpan<byte> key32)
    {
        key32.CopyTo(_key);
        _counter = 0;
    }

    /// <param name="output">16 bytes longer than the plaintext.</param>
    /// <param name="plaintext">Of any length.</param>
    /// <param name="aad">Associated data.</param>
    public void Seal(Span<byte> output, ReadOnlySpan<byte> plaintext, ReadOnlySpan<byte> aad)
    {
        Throw.IfNotLength(output.Length, plaintext.Length + TagSize, nameof(output));
        Span<byte> nonce = stackalloc byte[NonceSize];
        WriteNonce(nonce);
        Sodium.ChaChaSeal(output, plaintext, aad, nonce, _key);
        _counter++;
    }

    /// <param name="output">16 bytes shorter than the message.</param>
    /// <param name="message">Ciphertext and tag.</param>
    /// <param name="aad">Associated data.</param>
    public bool TryOpen(Span<byte> output, ReadOnlySpan<byte> message, ReadOnlySpan<byte> aad)
    {
        if (message.Length != output.Length + TagSize) return false;
        Span<byte> nonce = stackalloc byte[NonceSize];
        WriteNonce(nonce);
        if (!Sodium.ChaChaOpen(output, message, aad, nonce, _key)) return false;
        _counter++;
        return true;
    }

    private void WriteNonce(Span<byte> nonce)
    {
        nonce[..4].Clear();
        BinaryPrimitives.WriteUInt64LittleEndian(nonce[4..], _counter);
    }

    public void Dispose() => CryptographicOperations.ZeroMemory(_key);

    public override string ToString() => Redacted.Text;
}
