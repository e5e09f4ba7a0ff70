using System.Diagnostics;
using System.Security.Cryptography;

namespace KeyRecovery.Protocol.Primitives;

/// <summary>
/// Key derivation from secrets of high entropy: HKDF-SHA-512, extract and expand (RFC 5869 §2). The info begins with a
/// label of <see cref="Labels"/>, so that no two purposes share a key. Output: at most 255 · 64 = 16,320 bytes.
/// Passphrases do not belong here: nothing in it is slow.
/// </summary>
public static class Kdf
{
    /// <summary>The longest output in bytes (RFC 5869 §2.3): 16,320.</summary>
    public const int MaxLength = 255 * HashSize;

    internal const int HashSize = 64;

    /// <summary>Derives with an empty salt and fills <paramref name="output"/>.</summary>
    public static void Derive(ReadOnlySpan<byte> secret, ReadOnlySpan<byte> info, Span<byte> output) =>
        Derive(secret, [], info, output);

    /// <summary>Derives with a salt, which need not be secret, and fills <paramref name="output"/>.</summary>
    public static void Derive(
        ReadOnlySpan<byte> secret, ReadOnlySpan<byte> salt, ReadOnlySpan<byte> info, Span<byte> output)
    {
        Throw.IfOutside(output.Length, 1, MaxLength, nameof(output));
        Span<byte> prk = stackalloc byte[HashSize];
        Sodium.HkdfSha512Extract(prk, secret, salt);
        Sodium.HkdfSha512Expand(output, prk, info);
        CryptographicOperations.ZeroMemory(prk);
    }

    /// <summary>Derives <paramref name="length"/> bytes with an empty salt.</summary>
    public static SecretBytes Derive(ReadOnlySpan<byte> secret, ReadOnlySpan<byte> info, int length) =>
        Derive(secret, [], info, length);

    /// <summary>Derives <paramref name="length"/> bytes with a salt.</summary>
    public static SecretBytes Derive(
        ReadOnlySpan<byte> secret, ReadOnlySpan<byte> salt, ReadOnlySpan<byte> info, int length)
    {
        var input = new Input(secret, salt, info);
        return SecretBytes.Create(
            length, input, static (output, input) => Derive(input.Secret, input.Salt, input.Info, output));
    }

    private readonly ref struct Input(ReadOnlySpan<byte> secret, ReadOnlySpan<byte> salt, ReadOnlySpan<byte> info)
    {
        public readonly ReadOnlySpan<byte> Secret = secret;
        public readonly ReadOnlySpan<byte> Salt = salt;
        public readonly ReadOnlySpan<byte> Info = info;
    }
}

/// <summary>
/// A secret that many keys are derived from: HKDF's extract step, half of what a derivation costs, is done once.
/// Derives what <see cref="Kdf"/> derives with an empty salt. Zeroed on disposal, prints <c>[redacted]</c>.
/// </summary>
[DebuggerDisplay("[redacted]")]
internal sealed class KdfKey(ReadOnlySpan<byte> secret) : IDisposable
{
    private readonly SecretBytes _prk =
        SecretBytes.Create(Kdf.HashSize, secret, static (prk, secret) => Sodium.HkdfSha512Extract(prk, secret, []));

    /// <summary>Fills <paramref name="output"/>.</summary>
    public void Derive(ReadOnlySpan<byte> info, Span<byte> output)
    {
        Throw.IfOutside(output.Length, 1, Kdf.MaxLength, nameof(output));
        Sodium.HkdfSha512Expand(output, _prk.Span, info);
    }

    /// <summary>Derives <paramref name="length"/> bytes.</summary>
    public SecretBytes Derive(byte[] info, int length) =>
        SecretBytes.Create(
            length, (Key: this, Info: info), static (output, state) => state.Key.Derive(state.Info, output));

    public void Dispose() => _prk.Dispose();

    public override string ToString() => Redacted.Text;
}
