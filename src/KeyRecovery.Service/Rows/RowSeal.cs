using System.Buffers.Binary;
using KeyRecovery.Protocol.Primitives;
using KeyRecovery.Service.Stores;

namespace KeyRecovery.Service.Rows;

/// <summary>
/// Seals a row's value under a key, bound to its table, id and version: a row moved or rolled back does not open. In a
/// table whose rows decide changes the newest change stands before the sealed value, in plain, and is bound as well.
/// </summary>
internal static class RowSeal
{
    /// <param name="key">The key.</param>
    /// <param name="row">Where it goes.</param>
    /// <param name="version">Which version it will be.</param>
    /// <param name="change">The newest change that it decides; not looked at where the table decides none.</param>
    /// <param name="value">What is sealed.</param>
    /// <param name="random">Draws the nonce.</param>
    public static byte[] Seal(
        ReadOnlySpan<byte> key, RowKey row, long version, ChangeId change, ReadOnlySpan<byte> value, IRandom random)
    {
        var plain = row.Table.Decides ? change.ToArray() : [];
        var box = SecretBox.Seal(key, Aad(row, version, plain, stackalloc byte[MaxAad]), value, random);
        return plain.Length == 0 ? box : [.. plain, .. box];
    }

    /// <summary>As the other overload, of a row of a table that decides no change.</summary>
    public static byte[] Seal(
        ReadOnlySpan<byte> key, RowKey row, long version, ReadOnlySpan<byte> value, IRandom random) =>
        Seal(key, row, version, default, value, random);

    /// <summary>Opens a row, or null where it does not open.</summary>
    public static byte[]? TryOpen(ReadOnlySpan<byte> key, RowKey row, long version, ReadOnlySpan<byte> stored)
    {
        var plain = row.Table.Decides ? ChangeId.Size : 0;
        if (stored.Length < plain + SecretBox.Overhead) return null;
        var box = stored[plain..];
        var aad = Aad(row, version, stored[..plain], stackalloc byte[MaxAad]);
        var value = GC.AllocateUninitializedArray<byte>(box.Length - SecretBox.Overhead);
        return SecretBox.TryOpen(key, aad, box, value) ? value : null;
    }

    private const int MaxAad = 1 + RowKey.MaxIdSize + sizeof(long) + ChangeId.Size;

    private static Span<byte> Aad(RowKey row, long version, ReadOnlySpan<byte> plain, Span<byte> buffer)
    {
        buffer[0] = checked((byte)row.Table.Number);
        row.Id.Span.CopyTo(buffer[1..]);
        BinaryPrimitives.WriteInt64BigEndian(buffer[(1 + row.Id.Length)..], version);
        plain.CopyTo(buffer[(1 + row.Id.Length + sizeof(long))..]);
        return buffer[..(1 + row.Id.Length + sizeof(long) + plain.Length)];
    }
}
