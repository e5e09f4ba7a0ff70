using System.Diagnostics;

namespace KeyRecovery.Benchmarks;

/// <summary>
/// Holds many polls open, in a process of its own: a connection each. Requests come in by standard input, a line each;
/// an empty line says that they are all.
/// </summary>
internal sealed class PollClient : IAsyncDisposable
{
    private const int AtOnce = 64;

    private readonly Process _process;

    private PollClient(Process process) => _process = process;

    /// <summary>The process's part: sends all, says so, and tells when asked how many have had an answer.</summary>
    public static async Task RunAsync(Uri server)
    {
        var requests = new List<byte[]>();
        while (await Console.In.ReadLineAsync() is { Length: > 0 } line) requests.Add(Convert.FromBase64String(line));
        var connections = new LoadConnection[requests.Count];
        await Parallel.ForAsync(
            0, requests.Count, new ParallelOptions { MaxDegreeOfParallelism = AtOnce }, async (i, _) =>
            {
                connections[i] = await LoadConnection.OpenAsync(server);
                await connections[i].SendAsync(requests[i]);
            });
        Console.WriteLine("waiting");
        while (await Console.In.ReadLineAsync() is not null) Console.WriteLine(connections.Count(c => c.HasAnswer));
        foreach (var connection in connections) connection.Dispose();
    }

    /// <summary>Sends the requests, each on a connection that stays open until this is disposed of.</summary>
    public static async Task<PollClient> SendAsync(Uri server, IEnumerable<byte[]> requests)
    {
        var process = Process.Start(
            new ProcessStartInfo("dotnet", [typeof(PollClient).Assembly.Location, "poll-client", server.AbsoluteUri])
            {
                RedirectStandardInput = true,
                RedirectStandardOutput = true,
            })!;
        foreach (var request in requests) await process.StandardInput.WriteLineAsync(Convert.ToBase64String(request));
        await process.StandardInput.WriteLineAsync();
        await process.StandardInput.FlushAsync();
        if (await process.StandardOutput.ReadLineAsync() is null)
            throw new InvalidOperationException("the polls could not be sent");
        return new PollClient(process);
    }

    /// <summary>How many polls have been answered, or cut off.</summary>
    public async Task<int> AnsweredAsync()
    {
        await _process.StandardInput.WriteLineAsync("how many");
        await _process.StandardInput.FlushAsync();
        return int.Parse(
            (await _process.StandardOutput.ReadLineAsync())!, System.Globalization.CultureInfo.InvariantCulture);
    }

    public async ValueTask DisposeAsync()
    {
        _process.StandardInput.Close();
        await _process.WaitForExitAsync();
        _process.Dispose();
    }
}
