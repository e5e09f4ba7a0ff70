using System.Diagnostics;

namespace KeyRecovery.Protocol.Primitives;

/// <summary>
/// An X-Wing private key: its 32-byte seed (draft-connolly-cfrg-xwing-kem §5.2). Zeroed on disposal, prints
/// <c>[redacted]</c>.
/// </summary>
[DebuggerDisplay("[redacted]")]
public sealed class KemPrivateKey : IDisposable
{
    /// <summary>The length of a seed in bytes: 32.</summary>
    public const int SeedSize = XWing.SeedSize;

    private readonly SecretBytes _seed;

    private KemPrivateKey(SecretBytes seed, KemPublicKey publicKey)
    {
        _seed = seed;
        PublicKey = publicKey;
    }

    /// <summary>The public half; usable after disposal.</summary>
    public KemPublicKey PublicKey { get; }

    /// <summary>Makes the key of a seed of 32 bytes. The caller zeroes the seed.</summary>
    public static KemPrivateKey FromSeed(ReadOnlySpan<byte> seed32)
    {
        Throw.IfNotLength(seed32.Length, SeedSize, nameof(seed32));
        var publicKey = new byte[XWing.PublicKeySize];
        XWing.PublicKey(publicKey, seed32);
        return new KemPrivateKey(SecretBytes.Copy(seed32), new KemPublicKey(publicKey));
    }

    /// <summary>The shared secret of a ciphertext; false for one that no honest sender makes.</summary>
    internal bool TryDecapsulate(ReadOnlySpan<byte> ciphertext, Span<byte> sharedSecret) =>
        XWing.TryDecapsulate(sharedSecret, ciphertext, _seed.Span);

    /// <summary>Zeroes the key.</summary>
    public void Dispose() => _seed.Dispose();

    /// <summary>Always <c>[redacted]</c>.</summary>
    public override string ToString() => Redacted.Text;
}
