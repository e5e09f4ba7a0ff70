using KeyRecovery.Testing.Stores;

namespace KeyRecovery.Service.Tests.Costs;

/// <summary>
/// What Azure Cosmos DB charges, by the sizes of documents: "Understand request unit consumption in Azure Cosmos DB"
/// (learn.microsoft.com/azure/cosmos-db/understand-request-unit-consumption), between its sizes in a straight line.
/// Reads cost twice as much under Strong as under Eventual.
/// </summary>
internal static class RequestUnits
{
    // KiB, a read, a write.
    private static readonly (double Size, double Read, double Write)[] Published =
    [
        (0, 1, 4.95), (1, 1, 4.95), (2, 1.04, 6.29), (4, 1.14, 6.67), (8, 1.33, 7.04), (16, 1.67, 9.52),
        (32, 2.19, 11.23), (64, 4.76, 22.67), (128, 9.95, 48.19), (256, 20.28, 98.29), (512, 40.95, 184.57),
        (1024, 145.9, 625), (2048, 291.8, 1250),
    ];

    // What a document has beside id and value: our names, version and hour, and what the database adds (_rid, _self,
    // _etag, _attachments, _ts).
    private const int Beside = 300;

    // A page of a feed, whatever is on it. Microsoft publishes none: the least that a query is charged.
    private const double Page = 2.8;

    /// <summary>What a call costs.</summary>
    public static double Of(StoreCall call)
    {
        var size = SizeOf(call.IdBytes, call.ValueBytes, call.Rows);
        return call.Kind switch
        {
            StoreCallKind.Read or StoreCallKind.Head or StoreCallKind.ReadNothing => Read(size) * Reads(call),
            StoreCallKind.Write or StoreCallKind.Delete => At(size, row => row.Write),
            StoreCallKind.DeleteNothing => 1,
            StoreCallKind.Scan => Page + (call.Rows == 0 ? 0 : Read(size) * 2),
            _ => throw new ArgumentException(call.Kind.ToString()),
        };
    }

    /// <summary>The bytes of documents.</summary>
    public static double SizeOf(int idBytes, long valueBytes, int rows = 1) =>
        (rows * Beside) + (Base64(idBytes) * 2) + Base64(valueBytes);

    private static double Read(double size) => At(size, row => row.Read);

    // What is named by its content is read at Eventual, half the price, and where it is not there once more at Strong;
    // so is what is only to be deleted, by the token that counts.
    private static double Reads(StoreCall call) => call switch
    {
        { Kind: StoreCallKind.Head } or { Table.NamesContent: false } => 2,
        { Kind: StoreCallKind.ReadNothing } => 3,
        _ => 1,
    };

    private static double Base64(double bytes) => Math.Ceiling(bytes / 3) * 4;

    private static double At(double bytes, Func<(double Size, double Read, double Write), double> charge)
    {
        var size = bytes / 1024;
        var above = Array.FindIndex(Published, row => row.Size >= size);
        if (above < 0) throw new ArgumentException($"no document has {size} KiB");
        if (above == 0) return charge(Published[0]);
        var (low, high) = (Published[above - 1], Published[above]);
        return charge(low) + ((charge(high) - charge(low)) * (size - low.Size) / (high.Size - low.Size));
    }
}
