using System.Diagnostics.CodeAnalysis;
using KeyRecovery.Protocol.Primitives;

namespace KeyRecovery.Storage.Files.Ring;

/// <summary>
/// A root key and, while it is being replaced, the next one. Wraps with XChaCha20-Poly1305, the purpose as associated
/// data.
/// </summary>
internal sealed class RootKeyPair(SecretBytes current, SecretBytes? next, IRandom random) : IDisposable
{
    private volatile Keys _keys = new(current, next);

    public bool HasNext => _keys.Next is not null;

    public byte[] Wrap(ReadOnlySpan<byte> purpose, ReadOnlySpan<byte> secret)
    {
        var keys = _keys;
        return SecretBox.Seal((keys.Next ?? keys.Current).Span, purpose, secret, random);
    }

    public bool TryUnwrap(
        ReadOnlySpan<byte> purpose, ReadOnlySpan<byte> wrapped, [NotNullWhen(true)] out SecretBytes? secret)
    {
        var keys = _keys;
        secret = TryOpen(keys.Current, purpose, wrapped)
            ?? (keys.Next is null ? null : TryOpen(keys.Next, purpose, wrapped));
        return secret is not null;
    }

    public bool IsUnderNext(ReadOnlySpan<byte> purpose, ReadOnlySpan<byte> wrapped)
    {
        if (_keys.Next is not { } next) return false;
        using var secret = TryOpen(next, purpose, wrapped);
        return secret is not null;
    }

    public void SetNext(SecretBytes next) => _keys = _keys with { Next = next };

    /// <summary>The next key is the current one from now on, and the old one is zeroed.</summary>
    public void Advance()
    {
        var keys = _keys;
        _keys = new Keys(keys.Next!, null);
        keys.Current.Dispose();
    }

    public void Dispose()
    {
        _keys.Current.Dispose();
        _keys.Next?.Dispose();
    }

    private static SecretBytes? TryOpen(SecretBytes key, ReadOnlySpan<byte> purpose, ReadOnlySpan<byte> wrapped)
    {
        if (wrapped.Length < SecretBox.Overhead) return null;
        try
        {
            var opening = new Opening(key.Span, purpose, wrapped);
            var opened = false;
            var plaintext = SecretBytes.Create(wrapped.Length - SecretBox.Overhead, opening, (destination, opening) =>
                opened = SecretBox.TryOpen(opening.Key, opening.Purpose, opening.Wrapped, destination));
            if (opened) return plaintext;
            plaintext.Dispose();
        }
        catch (ObjectDisposedException)
        {
            // Replaced in this very moment: the next one is tried.
        }

        return null;
    }

    private sealed record Keys(SecretBytes Current, SecretBytes? Next)
    {
        public override string ToString() => "[redacted]";
    }

    private readonly ref struct Opening(ReadOnlySpan<byte> key, ReadOnlySpan<byte> purpose, ReadOnlySpan<byte> wrapped)
    {
        public readonly ReadOnlySpan<byte> Key = key;
        public readonly ReadOnlySpan<byte> Purpose = purpose;
        public readonly ReadOnlySpan<byte> Wrapped = wrapped;
    }
}
