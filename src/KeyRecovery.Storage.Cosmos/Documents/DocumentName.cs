using System.Buffers.Text;
using System.Globalization;
using KeyRecovery.Service.Stores;

namespace KeyRecovery.Storage.Cosmos.Documents;

/// <summary>Which document a row is.</summary>
/// <param name="Id">The table's number, a point, and the row's id in base64url; at most 90 characters.</param>
/// <param name="Partition">The partition key, at most 86 characters.</param>
internal readonly record struct DocumentName(string Id, string Partition)
{
    /// <summary>The name of a row.</summary>
    public static DocumentName Of(RowKey key) => new(
        PrefixOf(key.Table) + Base64Url.EncodeToString(key.Id.Span), Place.Of(key.Table).PartitionOf(key.Id.Span));

    /// <summary>The row of that name; null where the document is no row of the table.</summary>
    public static RowKey? TryRead(Table table, string id)
    {
        var prefix = PrefixOf(table);
        if (!id.StartsWith(prefix, StringComparison.Ordinal)) return null;
        Span<byte> bytes = stackalloc byte[RowKey.MaxIdSize];
        var text = id.AsSpan(prefix.Length);
        if (!Base64Url.IsValid(text, out var size) || size is 0 or > RowKey.MaxIdSize
            || !Base64Url.TryDecodeFromChars(text, bytes, out size)) return null;
        // A row has one name: base64url has several for the same bytes.
        var key = new RowKey(table, bytes[..size].ToArray());
        return Of(key).Id == id ? key : null;
    }

    private static string PrefixOf(Table table) => table.Number.ToString(CultureInfo.InvariantCulture) + ".";
}
