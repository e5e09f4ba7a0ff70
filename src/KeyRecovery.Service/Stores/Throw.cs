namespace KeyRecovery.Service.Stores;

/// <summary>Every exception for a caller's mistake with a store.</summary>
internal static class Throw
{
    public static ReadOnlyMemory<byte> UnlessRowId(ReadOnlyMemory<byte> id) =>
        id.Length is > 0 and <= RowKey.MaxIdSize
            ? id
            : throw new ArgumentException($"a row id has 1 to {RowKey.MaxIdSize} bytes", nameof(id));
}
