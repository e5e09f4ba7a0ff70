using KeyRecovery.Protocol.Wire;
using KeyRecovery.Service.Stores;

namespace KeyRecovery.Service.Keys;

/// <summary>
/// How a row begins that hangs on the KEK ring: with what is wrapped, 72 bytes, or as many zeros once it is destroyed.
/// It stands before everything else so that a store can keep it apart (<see cref="Table.LeadingKeySize"/>).
/// </summary>
internal static class LeadingKey
{
    /// <summary>The row: the wrapped key, then the rest.</summary>
    /// <exception cref="ArgumentException">The key is neither empty nor of 72 bytes.</exception>
    public static byte[] Join(ReadOnlySpan<byte> wrapped, ReadOnlySpan<byte> rest)
    {
        if (!wrapped.IsEmpty && wrapped.Length != Table.WrappedKeySize)
            throw new ArgumentException($"a wrapped key has {Table.WrappedKeySize} bytes", nameof(wrapped));
        var row = new byte[Table.WrappedKeySize + rest.Length];
        wrapped.CopyTo(row);
        rest.CopyTo(row.AsSpan(Table.WrappedKeySize));
        return row;
    }

    /// <summary>
    /// The wrapped key, empty where it is destroyed, and what stands beside it; both are slices of the row.
    /// </summary>
    /// <exception cref="WireFormatException">The row is too short.</exception>
    public static (ReadOnlyMemory<byte> Wrapped, ReadOnlyMemory<byte> Beside) Split(ReadOnlyMemory<byte> row)
    {
        if (row.Length < Table.WrappedKeySize) throw new WireFormatException("a row without its leading key");
        var wrapped = row[..Table.WrappedKeySize];
        return (wrapped.Span.ContainsAnyExcept((byte)0) ? wrapped : default, row[Table.WrappedKeySize..]);
    }
}
