using System.Diagnostics;
using System.Net.Sockets;
using System.Text;

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
        using var socket = new Socket(SocketType.Stream, ProtocolType.Tcp) { NoDelay = true };
        await socket.ConnectAsync(server.Host, server.Port);
        var buffer = new byte[64 * 1024];
        var expected = Encoding.ASCII.GetBytes($"HTTP/1.1 {expectedStatus}");
        await start;
        foreach (var request in requests)
        {
            await socket.SendAsync(request);
            var (length, end) = (0, -1);
            while (end < 0)
            {
                var read = await socket.ReceiveAsync(buffer.AsMemory(length));
                if (read == 0) throw new InvalidOperationException("the server closed the connection");
                length += read;
                end = EndOfAnswer(buffer.AsSpan(0, length));
            }
            if (!buffer.AsSpan().StartsWith(expected))
                throw new InvalidOperationException(Encoding.UTF8.GetString(buffer.AsSpan(0, Math.Min(length, 600))));
        }
    }

    private static int EndOfAnswer(ReadOnlySpan<byte> answer)
    {
        var head = answer.IndexOf("\r\n\r\n"u8);
        if (head < 0) return -1;
        var body = 0;
        var field = answer[..head].IndexOf("Content-Length: "u8);
        if (field >= 0)
            foreach (var digit in answer[(field + 16)..])
            {
                if (digit is < (byte)'0' or > (byte)'9') break;
                body = (body * 10) + digit - '0';
            }
        else if (answer[..head].IndexOf("chunked"u8) >= 0)
            return answer.EndsWith("0\r\n\r\n"u8) ? answer.Length : -1;
        return answer.Length >= head + 4 + body ? head + 4 + body : -1;
    }
}
