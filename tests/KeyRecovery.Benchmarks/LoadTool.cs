using System.Diagnostics;

namespace KeyRecovery.Benchmarks;

/// <summary>
/// Sends prepared requests over kept connections, each connection one at a time: the same tool for everything that is
/// compared. Loopback only; bounded by the number of requests.
/// </summary>
internal static class LoadTool
{
    /// <summary>Sends every connection's requests in their order and gives the rate of all together.</summary>
    public static async Task<double> RunAsync(Uri server, IReadOnlyList<IReadOnlyList<byte[]>> connections, int expectedStatus)
    {
        var started = new TaskCompletionSource(TaskCreationOptions.RunContinuationsAsynchronously);
        var running = connections.Select(requests => SendAsync(server, requests, expectedStatus, started.Task)).ToList();
        var watch = Stopwatch.StartNew();
        started.SetResult();
        await Task.WhenAll(running);
        return connections.Sum(c => c.Count) / watch.Elapsed.TotalSeconds;
    }

    private static async Task SendAsync(Uri server, IReadOnlyList<byte[]> requests, int expectedStatus, Task start)
    {
        using var connection = await LoadConnection.OpenAsync(server);
        await start;
        foreach (var request in requests) await connection.ExchangeAsync(request, expectedStatus);
    }
}
