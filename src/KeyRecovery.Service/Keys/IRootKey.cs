using System.Diagnostics.CodeAnalysis;

namespace KeyRecovery.Service.Keys;

/// <summary>
/// The one key at the root: it wraps the KEK ring and the server's own secrets, and nothing of an account, so that
/// changing it re-wraps a handful of things. Safe for concurrent use.
/// </summary>
public interface IRootKey
{
    /// <summary>Wraps <paramref name="secret"/>; only the same <paramref name="purpose"/> unwraps it.</summary>
    byte[] Wrap(ReadOnlySpan<byte> purpose, ReadOnlySpan<byte> secret);

    /// <summary>Unwraps; false, for whatever reason, when this key did not wrap it for this purpose.</summary>
    bool TryUnwrap(ReadOnlySpan<byte> purpose, ReadOnlySpan<byte> wrapped, [NotNullWhen(true)] out SecretBytes? secret);
}
