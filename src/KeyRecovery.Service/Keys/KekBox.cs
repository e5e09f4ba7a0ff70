using System.Buffers.Binary;
using System.Security.Cryptography;
using KeyRecovery.Protocol.Primitives;
using KeyRecovery.Service.Stores;

namespace KeyRecovery.Service.Keys;

/// <summary>
/// Wraps the 32-byte secrets of the key store's rows, subject keys and shares, under KEKs of the ring. Associated data:
/// the row's id, then the KEK's in four bytes, little-endian. So a wrapped secret fits one row and one KEK.
/// </summary>
internal static class KekBox
{
    /// <summary>The length of what is wrapped in bytes.</summary>
    public const int SecretSize = 32;

    private const int AadSize = RowKey.MaxIdSize + sizeof(uint);

    public static byte[] Wrap(Kek kek, RowKey row, ReadOnlySpan<byte> secret, IRandom random) =>
        SecretBox.Seal(kek.Key.Span, Aad(row, kek.Id, stackalloc byte[AadSize]), secret, random);

    /// <summary>False, for whatever reason, when the KEK is gone or did not wrap it for this row.</summary>
    public static bool TryUnwrap(IKekRing ring, KekId id, RowKey row, ReadOnlySpan<byte> wrapped, Span<byte> secret)
    {
        try
        {
            return ring.TryGet(id, out var kek) && TryUnwrap(kek, row, wrapped, secret);
        }
        catch (ObjectDisposedException)
        {
            // Destroyed between the two lines: it is gone, as it would be a moment later.
            return false;
        }
    }

    /// <summary>As the other overload, with a KEK that may stand in no ring.</summary>
    public static bool TryUnwrap(Kek kek, RowKey row, ReadOnlySpan<byte> wrapped, Span<byte> secret) =>
        SecretBox.TryOpen(kek.Key.Span, Aad(row, kek.Id, stackalloc byte[AadSize]), wrapped, secret);

    /// <summary>The same secret under another KEK; null where it does not unwrap.</summary>
    public static byte[]? TryRewrap(
        IKekRing ring, KekId from, Kek to, RowKey row, ReadOnlySpan<byte> wrapped, IRandom random)
    {
        Span<byte> secret = stackalloc byte[SecretSize];
        try
        {
            return TryUnwrap(ring, from, row, wrapped, secret) ? Wrap(to, row, secret, random) : null;
        }
        finally
        {
            CryptographicOperations.ZeroMemory(secret);
        }
    }

    private static ReadOnlySpan<byte> Aad(RowKey row, KekId kek, Span<byte> buffer)
    {
        row.Id.Span.CopyTo(buffer);
        BinaryPrimitives.WriteUInt32LittleEndian(buffer[row.Id.Length..], kek.Value);
        return buffer[..(row.Id.Length + sizeof(uint))];
    }
}
