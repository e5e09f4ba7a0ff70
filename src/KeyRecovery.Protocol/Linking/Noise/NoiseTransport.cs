using KeyRecovery.Protocol.Primitives;

namespace KeyRecovery.Protocol.Linking.Noise;

/// <summary>
/// What a finished handshake leaves: a cipher for each direction, and the hash that names the handshake.
/// </summary>
/// <param name="sending">For own messages.</param>
/// <param name="receiving">For the other side's.</param>
/// <param name="handshakeHash">32 bytes, public.</param>
internal sealed class NoiseTransport(NoiseCipher sending, NoiseCipher receiving, byte[] handshakeHash) : IDisposable
{
    public ReadOnlySpan<byte> HandshakeHash => handshakeHash;

    public byte[] Seal(ReadOnlySpan<byte> plaintext)
    {
        var message = new byte[plaintext.Length + NoiseCipher.TagSize];
        sending.Seal(message, plaintext, []);
        return message;
    }

    /// <summary>The plaintext; null where the message is not the other side's next one.</summary>
    public byte[]? Open(ReadOnlySpan<byte> message)
    {
        if (message.Length < NoiseCipher.TagSize) return null;
        var plaintext = SecretMemory.Allocate(message.Length - NoiseCipher.TagSize);
        return receiving.TryOpen(plaintext, message, []) ? plaintext : null;
    }

    public void Dispose()
    {
        sending.Dispose();
        receiving.Dispose();
    }

    public override string ToString() => Redacted.Text;
}
