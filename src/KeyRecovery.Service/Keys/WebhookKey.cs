using System.Buffers.Text;
using System.Diagnostics;
using System.Security.Cryptography;
using System.Text;
using KeyRecovery.Protocol.Primitives;

namespace KeyRecovery.Service.Keys;

/// <summary>
/// A key that signs what is sent to webhooks: ECDSA over P-256 with SHA-256 (ES256, RFC 7518 §3.4), as every library
/// for JWTs verifies it. Safe for concurrent use; prints <c>[redacted]</c>.
/// </summary>
[DebuggerDisplay("[redacted]")]
public sealed class WebhookKey : IDisposable
{
    private const int ScalarSize = 32;

    private readonly Lock _turn = new();
    private readonly ECDsa _key;

    private WebhookKey(ECDsa key)
    {
        _key = key;
        var point = key.ExportParameters(includePrivateParameters: false).Q;
        (X, Y) = (Base64Url.EncodeToString(point.X!), Base64Url.EncodeToString(point.Y!));
        Id = Base64Url.EncodeToString(SHA256.HashData(Encoding.ASCII.GetBytes(
            $$"""{"crv":"P-256","kty":"EC","x":"{{X}}","y":"{{Y}}"}""")));
    }

    /// <summary>The thumbprint of its public half (RFC 7638), base64url.</summary>
    public string Id { get; }

    /// <summary>The x coordinate of its public half, base64url.</summary>
    public string X { get; }

    /// <summary>The y coordinate, base64url.</summary>
    public string Y { get; }

    // The order of the group (SP 800-186 §3.2.1.3).
    private static ReadOnlySpan<byte> Order =>
    [
        0xff, 0xff, 0xff, 0xff, 0x00, 0x00, 0x00, 0x00, 0xff, 0xff, 0xff, 0xff, 0xff, 0xff, 0xff, 0xff,
        0xbc, 0xe6, 0xfa, 0xad, 0xa7, 0x17, 0x9e, 0x84, 0xf3, 0xb9, 0xca, 0xc2, 0xfc, 0x63, 0x25, 0x51,
    ];

    /// <summary>Signs. 64 bytes: r and s, big endian.</summary>
    /// <exception cref="ObjectDisposedException">The key is gone.</exception>
    public byte[] Sign(ReadOnlySpan<byte> data)
    {
        lock (_turn)
            return _key.SignData(data, HashAlgorithmName.SHA256, DSASignatureFormat.IeeeP1363FixedFieldConcatenation);
    }

    /// <summary>Always <c>[redacted]</c>.</summary>
    public override string ToString() => Redacted;

    /// <inheritdoc/>
    public void Dispose()
    {
        lock (_turn) _key.Dispose();
    }

    /// <summary>The key of a seed: the first candidate that is a scalar (FIPS 186-5 A.2.2).</summary>
    internal static WebhookKey OfSeed(ReadOnlySpan<byte> seed)
    {
        for (byte candidate = 0; ; candidate++)
        {
            using var drawn = Kdf.Derive(seed, [.. "keyrecovery/server/v1/webhook-key"u8, candidate], ScalarSize);
            if (!drawn.Span.ContainsAnyExcept((byte)0) || drawn.Span.SequenceCompareTo(Order) >= 0) continue;
            var scalar = drawn.Span.ToArray();
            try
            {
                return new WebhookKey(ECDsa.Create(new ECParameters
                {
                    Curve = ECCurve.NamedCurves.nistP256, D = scalar,
                }));
            }
            finally
            {
                CryptographicOperations.ZeroMemory(scalar);
            }
        }
    }

    private const string Redacted = "[redacted]";
}
