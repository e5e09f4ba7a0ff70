using System.Diagnostics;
using KeyRecovery.Testing.Hosting;

namespace KeyRecovery.Benchmarks;

/// <summary>The processor time of a server, of all its threads, that a number of requests costs it.</summary>
internal static class ServerTime
{
    /// <summary>
    /// The server's processor time for one of <paramref name="requests"/>, in microseconds, and what came of them.
    /// </summary>
    public static async Task<(double Result, double Microseconds)> OfAsync(
        ServerProcess server, int requests, Func<Task<double>> run)
    {
        using var host = Process.GetProcessById(server.Id);
        var began = host.TotalProcessorTime;
        var result = await run();
        host.Refresh();
        return (result, (host.TotalProcessorTime - began).TotalMicroseconds / requests);
    }
}
