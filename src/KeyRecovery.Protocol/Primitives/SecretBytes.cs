using System.Buffers;
using System.ComponentModel;
using System.Diagnostics;
using System.Security.Cryptography;
using KeyRecovery.Protocol;
using KeyRecovery.Protocol.Primitives;
using KeyRecovery.Protocol.Wire;

namespace KeyRecovery;

/// <summary>
/// Secret bytes with an end: they lie in a pinned array, of which the collector makes no copies, and are zeroed on
/// disposal. Prints <c>[redacted]</c>. Reading after disposal throws <see cref="ObjectDisposedException"/>.
/// </summary>
[DebuggerDisplay("[redacted]")]
public sealed class SecretBytes : IDisposable
{
    private readonly byte[] _bytes;
    private bool _disposed;

    private SecretBytes(int length)
    {
        Throw.IfOutside(length, 0, Array.MaxLength, nameof(length));
        _bytes = SecretMemory.Allocate(length);
    }

    /// <summary>The length in bytes; known even after disposal.</summary>
    public int Length => _bytes.Length;

    /// <summary>The bytes, valid until disposal: do not keep the span beyond it.</summary>
    /// <exception cref="ObjectDisposedException">The secret is gone.</exception>
    public ReadOnlySpan<byte> Span
    {
        get
        {
            ObjectDisposedException.ThrowIf(_disposed, this);
            return _bytes;
        }
    }

    /// <summary>
    /// Makes a secret of <paramref name="length"/> bytes by letting <paramref name="fill"/> write it in place.
    /// </summary>
    public static SecretBytes Create(int length, SecretFill fill) =>
        Create(length, fill, static (destination, fill) => fill(destination));

    /// <summary>As the other overload; <paramref name="state"/> spares the closure and may be a span.</summary>
    public static SecretBytes Create<TState>(int length, TState state, SpanAction<byte, TState> fill)
        where TState : allows ref struct
    {
        var secret = new SecretBytes(length);
        try
        {
            fill(secret._bytes, state);
            return secret;
        }
        catch
        {
            secret.Dispose();
            throw;
        }
    }

    /// <summary>Copies <paramref name="source"/>; the caller still has to zero the original.</summary>
    public static SecretBytes Copy(ReadOnlySpan<byte> source) =>
        Create(source.Length, source, static (destination, source) => source.CopyTo(destination));

    /// <summary>Takes what was written, and ends the writing: see <see cref="CborOut.OfSecrets"/>.</summary>
    [EditorBrowsable(EditorBrowsableState.Never)]
    public static SecretBytes Take(CborOut written) =>
        Create(written.Length, written, static (destination, written) => written.MoveTo(destination));

    /// <summary>Draws <paramref name="length"/> bytes from <paramref name="random"/>.</summary>
    public static SecretBytes Random(int length, IRandom random) =>
        Create(length, random, static (destination, random) => random.Fill(destination));

    /// <summary>Zeroes the bytes.</summary>
    public void Dispose()
    {
        CryptographicOperations.ZeroMemory(_bytes);
        _disposed = true;
    }

    /// <summary>Always <c>[redacted]</c>.</summary>
    public override string ToString() => Redacted.Text;
}

/// <summary>Writes a secret into its place, so that it never exists anywhere else.</summary>
public delegate void SecretFill(Span<byte> destination);
