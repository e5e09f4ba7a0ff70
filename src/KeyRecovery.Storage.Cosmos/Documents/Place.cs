using System.Buffers.Text;
using System.Globalization;
using KeyRecovery.Service.Stores;

namespace KeyRecovery.Storage.Cosmos.Documents;

/// <summary>
/// Where the rows of a table are: the one table of containers and partitions. It asks a table whose its rows are, so a
/// new table has its place.
/// </summary>
/// <param name="Container">The container's name, in the account of the table's store.</param>
/// <param name="By">What partitions are made of.</param>
internal sealed record Place(string Container, PartitionBy By)
{
    /// <summary>How many bytes at the beginning of an id name its owner.</summary>
    public const int OwnerSize = 16;

    /// <summary>The container of the server's own rows, which has the pair's document as well.</summary>
    public const string Server = "server";

    private const int Shards = 4;

    /// <summary>The place of a table.</summary>
    public static Place Of(Table table) => table.Rows switch
    {
        // Read at each request, and scanned by themselves.
        RowsOf.Account when table == Table.Accounts => new Place("accounts", PartitionBy.Owner),
        RowsOf.Account => new Place("vault", PartitionBy.Owner),
        RowsOf.KeyRow when table == Table.KeyRows => new Place("keyrows", PartitionBy.Owner),
        RowsOf.KeyRow => new Place("erasures", PartitionBy.Owner),
        // An app's list of its accounts, turned over page by page: nothing else is on its pages.
        RowsOf.Lookup when table == Table.AppAccounts => new Place("appaccounts", PartitionBy.Owner),
        RowsOf.Lookup => new Place("lookups", PartitionBy.Row),
        RowsOf.Realm => new Place("realm", PartitionBy.Row),
        // Written and polled by the second, and gone within minutes: by itself, so that its sweep reads nothing else.
        RowsOf.Link => new Place("relay", PartitionBy.Owner),
        // An app's row and its pages: what trims them reads nothing else.
        RowsOf.App => new Place("feed", PartitionBy.Owner),
        RowsOf.Job => new Place("jobs", PartitionBy.Owner),
        RowsOf.Server when table == Table.Outbox || table == Table.KeyOutbox => new Place("outbox", PartitionBy.Shard),
        // As many rows as there are leaves.
        RowsOf.Server when table == Table.LogIndex => new Place("logindex", PartitionBy.Row),
        RowsOf.Server => new Place(Server, PartitionBy.Row),
        _ => throw new ArgumentOutOfRangeException(nameof(table), table, "nobody has said where such rows are"),
    };

    /// <summary>The partition of an id, as its documents' <c>pk</c>.</summary>
    public string PartitionOf(ReadOnlySpan<byte> id) => By switch
    {
        PartitionBy.Owner => Base64Url.EncodeToString(id[..Math.Min(id.Length, OwnerSize)]),
        PartitionBy.Row => Base64Url.EncodeToString(id),
        _ => (id[^1] % Shards).ToString(CultureInfo.InvariantCulture),
    };

    /// <summary>The one partition that has all ids which begin so; null where they may be in several.</summary>
    public string? PartitionOfOwner(ReadOnlySpan<byte> owner) =>
        By == PartitionBy.Owner && owner.Length >= OwnerSize ? PartitionOf(owner) : null;
}
