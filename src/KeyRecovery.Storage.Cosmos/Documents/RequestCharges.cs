namespace KeyRecovery.Storage.Cosmos.Documents;

/// <summary>
/// What Azure Cosmos DB charges, by the sizes of documents: "Understand request unit consumption in Azure Cosmos DB"
/// (learn.microsoft.com/azure/cosmos-db/understand-request-unit-consumption), between its sizes in a straight line.
/// Reads cost twice as much under Strong as under Eventual.
/// </summary>
internal static class RequestCharges
{
    /// <summary>
    /// A page of a feed, whatever is on it. Microsoft publishes none: the least that a query is charged.
    /// </summary>
    public const double Page = 2.8;

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

    /// <summary>Request units of a read of so many bytes of documents, at Eventual.</summary>
    public static double Read(double bytes) => At(bytes, row => row.Read);

    /// <summary>Request units of a write.</summary>
    public static double Write(double bytes) => At(bytes, row => row.Write);

    /// <summary>The bytes of documents.</summary>
    public static double SizeOf(long idBytes, long valueBytes, int rows = 1) =>
        (rows * (double)Beside) + (Base64(idBytes) * 2) + Base64(valueBytes);

    private static double Base64(double bytes) => Math.Ceiling(bytes / 3) * 4;

    private static double At(double bytes, Func<(double Size, double Read, double Write), double> charge)
    {
        var size = bytes / 1024;
        var above = Array.FindIndex(Published, row => row.Size >= size);
        if (above < 0) throw new ArgumentOutOfRangeException(nameof(bytes), bytes, "no document is so large");
        if (above == 0) return charge(Published[0]);
        var (low, high) = (Published[above - 1], Published[above]);
        return charge(low) + ((charge(high) - charge(low)) * (size - low.Size) / (high.Size - low.Size));
    }
}
