using KeyRecovery.Storage.Cosmos.Documents;
using KeyRecovery.Testing.Stores;

namespace KeyRecovery.Service.Tests.Costs;

/// <summary>What calls cost, by the charges that Microsoft publishes.</summary>
internal static class RequestUnits
{
    /// <summary>What a call costs.</summary>
    public static double Of(StoreCall call)
    {
        var size = SizeOf(call.IdBytes, call.ValueBytes, call.Rows);
        return call.Kind switch
        {
            StoreCallKind.Read or StoreCallKind.Head or StoreCallKind.ReadNothing =>
                RequestCharges.Read(size) * Reads(call),
            StoreCallKind.Write or StoreCallKind.Delete => RequestCharges.Write(size),
            StoreCallKind.DeleteNothing => 1,
            StoreCallKind.Scan => RequestCharges.Page + (call.Rows == 0 ? 0 : RequestCharges.Read(size) * 2),
            _ => throw new ArgumentException(call.Kind.ToString()),
        };
    }

    /// <summary>The bytes of documents.</summary>
    public static double SizeOf(int idBytes, long valueBytes, int rows = 1) =>
        RequestCharges.SizeOf(idBytes, valueBytes, rows);

    // What is named by its content is read at Eventual, half the price, and where it is not there once more at Strong;
    // so is what is only to be deleted, by the token that counts.
    private static double Reads(StoreCall call) => call switch
    {
        { Kind: StoreCallKind.Head } or { Table.NamesContent: false } => 2,
        { Kind: StoreCallKind.ReadNothing } => 3,
        _ => 1,
    };
}
