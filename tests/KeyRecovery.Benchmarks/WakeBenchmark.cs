using System.Diagnostics;
using System.Security.Cryptography;
using System.Text;
using KeyRecovery.Testing.Hosting;

namespace KeyRecovery.Benchmarks;

/// <summary>
/// From the moment at which one side begins to send a message to that at which the other side's waiting poll has it,
/// against a round trip to a Kestrel that does nothing, in turn.
/// </summary>
internal static class WakeBenchmark
{
    private const int MessageBytes = 500;

    // Long enough for the poll to be waiting, which is checked as far as it can be: it has not answered.
    private static readonly TimeSpan Settling = TimeSpan.FromMilliseconds(4);

    public static async Task RunAsync(Report report)
    {
        using var folder = new TempFolder();
        await using var server = await ServerProcess.StartAsync(folder["data"]);
        await using var bare = await NullServer.StartAsync();
        using var waiter = await LoadConnection.OpenAsync(server.Address);
        using var writer = await LoadConnection.OpenAsync(server.Address);
        using var other = await LoadConnection.OpenAsync(bare.Address);
        var live = Get(server.Address, "/health/live");
        var nothing = Get(bare.Address, "/null");
        await WakeAsync(await PreparedLink.OpenAsync(server, "warm"));
        var (wakes, lives, nulls) = await WakeAsync([
            .. await PreparedLink.OpenAsync(server, "linker 0"), .. await PreparedLink.OpenAsync(server, "linker 1")]);

        var (wake, empty) = (Throughput.Median(wakes), Throughput.Median(nulls));
        report.Figure($"message to waiting poll, median of {wakes.Count:N0}", wake, "ms");
        report.Figure("  its 99th percentile", wakes.Order().ElementAt(wakes.Count * 99 / 100), "ms");
        report.Figure("round trip to /health/live of the same server, median", Throughput.Median(lives), "ms");
        report.Figure("round trip to a null endpoint, median", empty, "ms");
        report.AtMost("message to waiting poll, beyond a bare round trip", wake - empty, " ms", 2);

        async Task<(List<double> Wakes, List<double> Lives, List<double> Nulls)> WakeAsync(PreparedLink[] links)
        {
            var (found, alive, silent) = (new List<double>(), new List<double>(), new List<double>());
            var message = RandomNumberGenerator.GetBytes(MessageBytes);
            foreach (var link in links)
                for (var number = 0; number < PreparedLink.Messages; number++)
                    foreach (var side in "en")
                    {
                        await waiter.SendAsync(link.Wait(side, number));
                        await Task.Delay(Settling);
                        if (waiter.HasAnswer) throw new InvalidOperationException("the poll did not wait");
                        found.Add(await TimeAsync(async () =>
                        {
                            var woken = waiter.ReceiveAsync(200);
                            await writer.SendAsync(link.Put(side, number, message));
                            await woken;
                        }));
                        await writer.ReceiveAsync(204);
                        await Task.Delay(Settling);
                        alive.Add(await TimeAsync(() => writer.ExchangeAsync(live, 200)));
                        await Task.Delay(Settling);
                        silent.Add(await TimeAsync(() => other.ExchangeAsync(nothing, 304)));
                    }
            return (found, alive, silent);
        }
    }

    private static async Task<double> TimeAsync(Func<Task> action)
    {
        var watch = Stopwatch.StartNew();
        await action();
        return watch.Elapsed.TotalMilliseconds;
    }

    private static byte[] Get(Uri server, string path) =>
        Encoding.ASCII.GetBytes($"GET {path} HTTP/1.1\r\nHost: {server.Authority}\r\n\r\n");
}
