using KeyRecovery.Protocol.Primitives;

namespace KeyRecovery.Protocol.Linking.Noise;

/// <summary>The side that knows the other's key: it has written the first message and waits for the second.</summary>
internal sealed class NoiseInitiator : IDisposable
{
    private readonly NoiseSymmetric _state;
    private readonly NoiseKey _ephemeral;

    private NoiseInitiator(NoiseSymmetric state, NoiseKey ephemeral, byte[] firstMessage) =>
        (_state, _ephemeral, FirstMessage) = (state, ephemeral, firstMessage);

    public byte[] FirstMessage { get; }

    /// <summary>Begins. The responder's key must not be of small order.</summary>
    public static NoiseInitiator Begin(
        ReadOnlySpan<byte> prologue, ReadOnlySpan<byte> psk, ReadOnlySpan<byte> responderKey,
        ReadOnlySpan<byte> payload, IRandom random)
    {
        var state = NoisePattern.Begin(prologue, psk, responderKey);
        var ephemeral = NoiseKey.Random(random);
        var message = new byte[NoisePattern.Overhead + payload.Length];
        NoisePattern.WriteEphemeral(state, ephemeral, message);
        if (!NoisePattern.TryMixAgreement(state, ephemeral.Private, responderKey))
            Throw.Argument(nameof(responderKey), "is of small order");
        state.EncryptAndHash(message.AsSpan(X25519.Size), payload);
        return new NoiseInitiator(state, ephemeral, message);
    }

    /// <summary>
    /// Reads the second message. Null where it is not an answer to the first by the holder of the responder's key.
    /// </summary>
    /// <param name="message">48 bytes more than <paramref name="payload"/>.</param>
    /// <param name="payload">Is filled.</param>
    public NoiseTransport? Finish(ReadOnlySpan<byte> message, Span<byte> payload)
    {
        if (message.Length != NoisePattern.Overhead + payload.Length) return null;
        var theirs = message[..X25519.Size];
        NoisePattern.MixEphemeral(_state, theirs);
        if (!NoisePattern.TryMixAgreement(_state, _ephemeral.Private, theirs)) return null;
        if (!_state.TryDecryptAndHash(payload, message[X25519.Size..])) return null;
        var (own, other) = _state.Split();
        return new NoiseTransport(own, other, _state.Transcript);
    }

    public void Dispose()
    {
        _ephemeral.Dispose();
        _state.Dispose();
    }

    public override string ToString() => Redacted.Text;
}
