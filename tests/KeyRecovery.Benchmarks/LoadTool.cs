using System.Diagnostics;

namespace KeyRecovery.Benchmarks;

/// <summary>
/// Sends prepared requests over kept connections, each connection one at a time: the same tool for everything that is
/// compared. Loopback only; bounded by the number of requests.
/// </summary>
internal static class LoadTool
{
    /// <summary>Sends every connection's requests in their order and gives the rate of all together.</summary>
    public static async Task<double> RunAsync(
        Uri server, IReadOnlyList<IReadOnlyList<byte[]>> connections, int expectedStatus)
    {
        var started = new TaskCompletionSource(TaskCreationOptions.RunContinuationsAsynchronously);
        var running = connections
            .Select(requests => SendAsync(server, requests, expectedStatus, started.Task)).ToList();
        var watch = Stopwatch.StartNew();
        started.SetResult();
        await Task.WhenAll(running);
        return connections.Sum(c => c.Count) / watch.Elapsed.TotalSeconds;
    }

    /// <summary>
    /// The 99th percentile, in milliseconds, of what each connection's requests wait for their answers.
    /// </summary>
    public static async Task<double> P99Async(
        Uri server, IReadOnlyList<IReadOnlyList<byte[]>> connections, int expectedStatus)
    {
        var all = await Task.WhenAll(connections.Select(async requests =>
        {
            using var connection = await LoadConnection.OpenAsync(server);
            var latencies = new List<double>();
            foreach (var request in requests)
            {
                var started = Stopwatch.GetTimestamp();
                await connection.ExchangeAsync(request, expectedStatus);
                latencies.Add(Stopwatch.GetElapsedTime(started).TotalMilliseconds);
            }
            return latencies;
        }));
        var sorted = all.SelectMany(l => l).Order().ToList();
        return sorted[(int)(sorted.Count * 0.99)];
    }

    private static async Task SendAsync(Uri server, IReadOnlyList<byte[]> requests, int expectedStatus, Task start)
    {
        using var connection = await LoadConnection.OpenAsync(server);
        await start;
        foreach (var request in requests) await connection.ExchangeAsync(request, expectedStatus);
    }
}
