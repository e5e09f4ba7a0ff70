using System.Security.Cryptography;
using Microsoft.IdentityModel.Tokens;

namespace KeyRecovery.Api.Auth;

/// <summary>
/// The public keys of an issuer. Only asymmetric ones are read: a set that holds a shared secret, or a public key that
/// someone passes off as one, gives nothing to verify with.
/// </summary>
internal static class SigningKeys
{
    private const int LeastRsaBits = 2_048;
    private const int MostKeys = 32;
    private const int MostBytes = 1024 * 1024;

    /// <summary>The signature algorithms that tokens may use (RFC 7518 §3.1).</summary>
    public static readonly string[] Algorithms =
    [
        SecurityAlgorithms.EcdsaSha256, SecurityAlgorithms.EcdsaSha384, SecurityAlgorithms.EcdsaSha512,
        SecurityAlgorithms.RsaSha256, SecurityAlgorithms.RsaSha384, SecurityAlgorithms.RsaSha512,
        SecurityAlgorithms.RsaSsaPssSha256, SecurityAlgorithms.RsaSsaPssSha384, SecurityAlgorithms.RsaSsaPssSha512,
    ];

    /// <summary>
    /// Reads a JWK Set or one PEM public key from a file; null when it is neither, or holds no key of use.
    /// </summary>
    public static IReadOnlyList<SecurityKey>? TryReadFile(string path)
    {
        try
        {
            if (new FileInfo(path).Length > MostBytes) return null;
            var text = File.ReadAllText(path);
            return text.Contains("-----BEGIN", StringComparison.Ordinal) ? TryReadPem(text) : TryRead(text);
        }
        catch (Exception failure) when (failure is IOException or UnauthorizedAccessException or ArgumentException)
        {
            return null;
        }
    }

    /// <summary>Whether a file holds a private key, with which whoever reads it makes tokens.</summary>
    public static bool HoldsPrivateFile(string path)
    {
        try
        {
            if (new FileInfo(path).Length > MostBytes) return false;
            var text = File.ReadAllText(path);
            return text.Contains("PRIVATE KEY-----", StringComparison.Ordinal) || HoldsPrivate(text);
        }
        catch (Exception failure) when (failure is IOException or UnauthorizedAccessException or ArgumentException)
        {
            return false;
        }
    }

    /// <summary>Whether a JWK Set holds one.</summary>
    public static bool HoldsPrivate(string jwks)
    {
        try
        {
            return new JsonWebKeySet(jwks).Keys.Any(key => key.HasPrivateKey);
        }
        catch (ArgumentException)
        {
            return false;
        }
    }

    /// <summary>Reads a JWK Set (RFC 7517 §5); null when it is none, or holds no key of use.</summary>
    public static IReadOnlyList<SecurityKey>? TryRead(string jwks)
    {
        try
        {
            var keys = Usable(new JsonWebKeySet(jwks).Keys);
            return keys.Count == 0 ? null : keys;
        }
        catch (ArgumentException)
        {
            return null;
        }
    }

    /// <summary>Those of a set that a token may be verified with.</summary>
    public static IReadOnlyList<SecurityKey> Usable(IEnumerable<SecurityKey> keys) =>
        [.. keys.Where(IsUsable).Take(MostKeys)];

    // Who publishes a private key has no key that tells anybody apart.
    private static bool IsUsable(SecurityKey key) => key switch
    {
        JsonWebKey { HasPrivateKey: true } => false,
        JsonWebKey { Kty: JsonWebAlgorithmsKeyTypes.RSA, Use: null or "" or "sig" } => key.KeySize >= LeastRsaBits,
        JsonWebKey { Kty: JsonWebAlgorithmsKeyTypes.EllipticCurve, Use: null or "" or "sig" } => true,
        RsaSecurityKey or X509SecurityKey => key.KeySize >= LeastRsaBits,
        ECDsaSecurityKey => true,
        _ => false,
    };

    private static IReadOnlyList<SecurityKey>? TryReadPem(string pem)
    {
        SecurityKey? key = TryImport(ECDsa.Create(), pem) is { } ec ? new ECDsaSecurityKey(ec)
            : TryImport(RSA.Create(), pem) is { } rsa ? new RsaSecurityKey(rsa)
            : null;
        return key is not null && IsUsable(key) ? [key] : null;
    }

    private static T? TryImport<T>(T algorithm, string pem)
        where T : AsymmetricAlgorithm
    {
        try
        {
            algorithm.ImportFromPem(pem);
            return algorithm;
        }
        catch (Exception failure) when (failure is ArgumentException or CryptographicException)
        {
            algorithm.Dispose();
            return null;
        }
    }
}
