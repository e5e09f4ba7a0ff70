using System.Diagnostics;
using System.Diagnostics.CodeAnalysis;
using System.Security.Cryptography;
using KeyRecovery.Service.Keys;

namespace KeyRecovery.Storage.Files.Ring;

/// <summary>
/// A root key that the operator gives from outside, an environment variable for example: base64 of 32 random bytes. To
/// replace it the operator gives the next one as well, and in the end that one alone.
/// </summary>
[DebuggerDisplay("[redacted]")]
public sealed class SettingRootKey : IRotatingRootKey, IDisposable
{
    private readonly RootKeyPair _keys;

    private SettingRootKey(RootKeyPair keys) => _keys = keys;

    /// <inheritdoc/>
    public bool IsRotating => _keys.HasNext;

    /// <summary>Takes the keys.</summary>
    /// <param name="folder">The ring's folder. It must hold no <c>root.key</c>: of two keys it would not be known which
    /// one counts.</param>
    /// <param name="key">Base64 of 32 bytes.</param>
    /// <param name="next">Base64 of 32 other bytes while the key is being replaced.</param>
    /// <param name="random">Where nonces come from.</param>
    /// <exception cref="KekRingException">A key is none, both are the same, or the folder holds a key as
    /// well.</exception>
    public static SettingRootKey Open(string folder, string key, string? next, IRandom random)
    {
        var file = Path.Combine(Path.GetFullPath(folder), FileRootKey.FileName);
        if (File.Exists(file)) throw Throw.TwoRootKeys(file);
        if (!TryRead(key, out var current)) throw Throw.NoRootKey();
        if (string.IsNullOrEmpty(next)) return new SettingRootKey(new RootKeyPair(current, null, random));
        if (!TryRead(next, out var following)) throw Throw.NoRootKey();
        if (CryptographicOperations.FixedTimeEquals(current.Span, following.Span)) throw Throw.SameRootKeys();
        return new SettingRootKey(new RootKeyPair(current, following, random));
    }

    /// <summary>Whether a setting is a root key.</summary>
    public static bool IsKey(string setting)
    {
        if (!TryRead(setting, out var key)) return false;
        key.Dispose();
        return true;
    }

    /// <inheritdoc/>
    public byte[] Wrap(ReadOnlySpan<byte> purpose, ReadOnlySpan<byte> secret) => _keys.Wrap(purpose, secret);

    /// <inheritdoc/>
    public bool TryUnwrap(
        ReadOnlySpan<byte> purpose, ReadOnlySpan<byte> wrapped, [NotNullWhen(true)] out SecretBytes? secret) =>
        _keys.TryUnwrap(purpose, wrapped, out secret);

    /// <inheritdoc/>
    public bool IsUnderNext(ReadOnlySpan<byte> purpose, ReadOnlySpan<byte> wrapped) =>
        _keys.IsUnderNext(purpose, wrapped);

    /// <inheritdoc/>
    public RingResult AddNext() => IsRotating
        ? new RingResult.Done()
        : new RingResult.Refused(
            "the root key comes from the settings: give the next one as KeyRecovery:Ring:RootKeyNext and start again",
            null);

    /// <summary>From now on this process knows the next key alone. The operator makes it the key.</summary>
    public RingResult Finish()
    {
        _keys.Advance();
        return new RingResult.Done();
    }

    /// <summary>Zeroes the keys.</summary>
    public void Dispose() => _keys.Dispose();

    /// <summary>Always <c>[redacted]</c>.</summary>
    public override string ToString() => "[redacted]";

    private static bool TryRead(string setting, [NotNullWhen(true)] out SecretBytes? key)
    {
        Span<byte> bytes = stackalloc byte[FileRootKey.Size];
        var isKey = Convert.TryFromBase64String(setting.Trim(), bytes, out var length) && length == bytes.Length;
        key = isKey ? SecretBytes.Copy(bytes) : null;
        CryptographicOperations.ZeroMemory(bytes);
        return isKey;
    }
}
