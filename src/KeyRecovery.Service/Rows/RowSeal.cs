using System.Buffers.Binary;
using KeyRecovery.Protocol.Primitives;
using KeyRecovery.Service.Stores;

namespace KeyRecovery.Service.Rows;

/// <summary>
/// Seals a row's value under a key, bound to its table, id and version: a row moved or rolled back does not open.
/// </summary>
internal static class RowSeal
{
    public static byte[] Seal(
        ReadOnlySpan<byte> key, RowKey row, long version, ReadOnlySpan<byte> value, IRandom random) =>
        SecretBox.Seal(key, Aad(row, version, stackalloc byte[MaxAad]), value, random);

    /// <summary>Opens a row, or null where it does not open.</summary>
    public static byte[]? TryOpen(ReadOnlySpan<byte> key, RowKey row, long version, ReadOnlySpan<byte> sealedValue)
    {
        if (sealedValue.Length < SecretBox.Overhead) return null;
        var value = GC.AllocateUninitializedArray<byte>(sealedValue.Length - SecretBox.Overhead);
        return SecretBox.TryOpen(key, Aad(row, version, stackalloc byte[MaxAad]), sealedValue, value) ? value : null;
    }

    private const int MaxAad = 1 + RowKey.MaxIdSize + sizeof(long);

    private static Span<byte> Aad(RowKey row, long version, Span<byte> buffer)
    {
        buffer[0] = checked((byte)row.Table.Number);
        row.Id.Span.CopyTo(buffer[1..]);
        BinaryPrimitives.WriteInt64BigEndian(buffer[(1 + row.Id.Length)..], version);
        return buffer[..(1 + row.Id.Length + sizeof(long))];
    }
}
