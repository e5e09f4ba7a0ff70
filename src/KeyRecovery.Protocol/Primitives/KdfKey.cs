using System.Diagnostics;

namespace KeyRecovery.Protocol.Primitives;

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
