using KeyRecovery.Protocol.Primitives;

namespace KeyRecovery.Protocol.Linking.Noise;

/// <summary>
/// The side whose key is known to the other: it waits for the first message and answers with the second.
/// </summary>
/// <param name="prologue">What both must agree about.</param>
/// <param name="psk">32 bytes; disposed of with this object.</param>
/// <param name="key">The key that the other knows; disposed of with this object.</param>
internal sealed class NoiseResponder(byte[] prologue, SecretBytes psk, NoiseKey key) : IDisposable
{
    /// <summary>
    /// Reads the first message and writes the second. Null where the first is not one to this key under this psk.
    /// </summary>
    /// <param name="first">48 bytes more than <paramref name="firstPayload"/>.</param>
    /// <param name="firstPayload">Is filled.</param>
    /// <param name="second">48 bytes more than <paramref name="secondPayload"/>; is filled.</param>
    /// <param name="secondPayload">The answer's payload.</param>
    /// <param name="random">Draws the ephemeral key.</param>
    public NoiseTransport? Respond(
        ReadOnlySpan<byte> first, Span<byte> firstPayload, Span<byte> second, ReadOnlySpan<byte> secondPayload,
        IRandom random)
    {
        if (first.Length != NoisePattern.Overhead + firstPayload.Length) return null;
        using var state = NoisePattern.Begin(prologue, psk.Span, key.Public);
        var theirs = first[..X25519.Size];
        NoisePattern.MixEphemeral(state, theirs);
        if (!NoisePattern.TryMixAgreement(state, key.Private, theirs)) return null;
        if (!state.TryDecryptAndHash(firstPayload, first[X25519.Size..])) return null;

        using var ephemeral = NoiseKey.Random(random);
        NoisePattern.WriteEphemeral(state, ephemeral, second);
        if (!NoisePattern.TryMixAgreement(state, ephemeral.Private, theirs)) return null;
        state.EncryptAndHash(second[X25519.Size..], secondPayload);
        var (other, own) = state.Split();
        return new NoiseTransport(own, other, state.Transcript);
    }

    public void Dispose()
    {
        psk.Dispose();
        key.Dispose();
    }

    public override string ToString() => Redacted.Text;
}
