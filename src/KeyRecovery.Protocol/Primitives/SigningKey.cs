using System.Diagnostics;
using NSec.Cryptography;

namespace KeyRecovery.Protocol.Primitives;

/// <summary>
/// An Ed25519 private key (RFC 8032 §5.1). It signs only labelled objects and request signatures; there is no way to
/// have it sign bytes of somebody's choice. Lies in libsodium's guarded memory, is zeroed on disposal, prints
/// <c>[redacted]</c>.
/// </summary>
[DebuggerDisplay("[redacted]")]
public sealed class SigningKey : IDisposable
{
    /// <summary>The length of a seed in bytes: 32.</summary>
    public const int SeedSize = 32;

    /// <summary>The length of a signature in bytes: 64.</summary>
    public const int SignatureSize = 64;

    private readonly Key _key;

    private SigningKey(Key key, VerifyKey publicKey)
    {
        _key = key;
        PublicKey = publicKey;
    }

    /// <summary>The public half; usable after disposal.</summary>
    public VerifyKey PublicKey { get; }

    /// <summary>Makes the key of a seed of 32 bytes. The caller zeroes the seed.</summary>
    public static SigningKey FromSeed(ReadOnlySpan<byte> seed32)
    {
        Throw.IfNotLength(seed32.Length, SeedSize, nameof(seed32));
        var key = Key.Import(SignatureAlgorithm.Ed25519, seed32, KeyBlobFormat.RawPrivateKey);
        return new SigningKey(key, VerifyKey.Of(key.PublicKey));
    }

    /// <summary>Signs the label, a zero byte and the body. Deterministic; 64 bytes.</summary>
    /// <exception cref="ObjectDisposedException">The key is gone.</exception>
    public byte[] Sign(SignatureLabel label, ReadOnlySpan<byte> body) => SignRaw(label.Frame(body));

    /// <summary>
    /// Signs an RFC 9421 signature base, whose form cannot collide with a label's. For an HTTP message signature alone.
    /// </summary>
    internal byte[] SignHttp(ReadOnlySpan<byte> signatureBase) => SignRaw(signatureBase);

    /// <summary>
    /// Signs the text of a note (C2SP signed-note), or what a cosignature stands for (C2SP tlog-cosignature): bytes
    /// that begin with a line of printable text, as no label's do, which end in a zero. For keys of logs and witnesses
    /// alone.
    /// </summary>
    internal byte[] SignNote(ReadOnlySpan<byte> text) => SignRaw(text);

    private byte[] SignRaw(ReadOnlySpan<byte> data) => SignatureAlgorithm.Ed25519.Sign(_key, data);

    /// <summary>Zeroes the key.</summary>
    public void Dispose() => _key.Dispose();

    /// <summary>Always <c>[redacted]</c>.</summary>
    public override string ToString() => Redacted.Text;
}
