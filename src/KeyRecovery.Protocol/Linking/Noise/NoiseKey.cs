using KeyRecovery.Protocol.Primitives;

namespace KeyRecovery.Protocol.Linking.Noise;

/// <summary>An X25519 key with its public half, which is computed once. Zeroed on disposal.</summary>
internal sealed class NoiseKey : IDisposable
{
    private readonly SecretBytes _privateKey;
    private readonly byte[] _publicKey = new byte[X25519.Size];

    /// <param name="privateKey">32 bytes; disposed of with this object.</param>
    public NoiseKey(SecretBytes privateKey)
    {
        _privateKey = privateKey;
        X25519.PublicKey(_publicKey, privateKey.Span);
    }

    public ReadOnlySpan<byte> Private => _privateKey.Span;

    public ReadOnlySpan<byte> Public => _publicKey;

    public static NoiseKey Random(IRandom random) => new(SecretBytes.Random(X25519.Size, random));

    public void Dispose() => _privateKey.Dispose();

    public override string ToString() => Redacted.Text;
}
