using System.Diagnostics.Metrics;
using KeyRecovery.Service.Telemetry;
using KeyRecovery.Storage.Sqlite.Options;

namespace KeyRecovery.Storage.Sqlite.Telemetry;

/// <summary>The stores' instruments, in the service's meter; tag <c>store</c>: data or keys.</summary>
internal static class StoreMeter
{
    private static readonly Meter Meter = new(ServiceMeter.Name);

    private static readonly Histogram<int> Batch =
        Meter.CreateHistogram<int>("keyrecovery.commit.batch", description: "Requests that one durable commit carried");

    private static readonly UpDownCounter<int> Queue =
        Meter.CreateUpDownCounter<int>("keyrecovery.store.queue", description: "Writes that wait for the writer");

    private static readonly Histogram<double> Held =
        Meter.CreateHistogram<double>("keyrecovery.store.held", "ms", "How long a commit held the store's write lock");

    public static void Committed(int requests, TimeSpan held, KeyValuePair<string, object?> store)
    {
        Batch.Record(requests, store);
        Held.Record(held.TotalMilliseconds, store);
    }

    public static void Queued(int writes, KeyValuePair<string, object?> store) => Queue.Add(writes, store);

    public static KeyValuePair<string, object?> Tag(JournalProfile profile) =>
        new("store", profile == JournalProfile.Data ? "data" : "keys");
}
