using System.Globalization;
using System.Net;
using System.Net.Sockets;
using System.Text;

namespace KeyRecovery.Api.Tests.Faults;

/// <summary>How a caller leaves once it has sent what it had to say.</summary>
internal enum Leaving
{
    /// <summary>It stays until it is answered.</summary>
    Stays,

    /// <summary>It says that nothing more comes (FIN), and listens.</summary>
    Ends,

    /// <summary>It is gone, answer or not (RST).</summary>
    Resets,
}

/// <summary>One exchange with the server of bytes that no client of HTTP would send.</summary>
internal static class RawExchange
{
    private static readonly TimeSpan Patience = TimeSpan.FromSeconds(12);

    /// <summary>Sends, leaves, and tells the statuses of all answers that came.</summary>
    public static async Task<List<int>> SendAsync(Uri server, byte[] bytes, Leaving leaving)
    {
        using var socket = new Socket(
            AddressFamily.InterNetwork, SocketType.Stream, ProtocolType.Tcp) { NoDelay = true };
        await socket.ConnectAsync(IPAddress.Loopback, server.Port);
        try
        {
            for (var sent = 0; sent < bytes.Length;) sent += await socket.SendAsync(bytes.AsMemory(sent));
            if (leaving == Leaving.Ends) socket.Shutdown(SocketShutdown.Send);
            if (leaving != Leaving.Resets) return Statuses(await ReadAsync(socket));
            await Task.Delay(100);
            socket.Close(timeout: 0);
        }
        catch (SocketException)
        {
            // The server was faster to close.
        }

        return [];
    }

    private static async Task<string> ReadAsync(Socket socket)
    {
        var (all, buffer) = (new StringBuilder(), new byte[8_192]);
        using var patience = new CancellationTokenSource(Patience);
        try
        {
            while (await socket.ReceiveAsync(buffer, patience.Token) is > 0 and var read)
            {
                all.Append(Encoding.Latin1.GetString(buffer, 0, read));
                // An answered connection may stay open: what more there is comes at once.
                patience.CancelAfter(TimeSpan.FromMilliseconds(400));
            }
        }
        catch (OperationCanceledException)
        {
            // All that it has to say.
        }

        return all.ToString();
    }

    private static List<int> Statuses(string answers) =>
    [
        .. answers.Split("HTTP/1.1 ").Skip(1)
            .Select(answer => int.Parse(answer.AsSpan(0, 3), CultureInfo.InvariantCulture)),
    ];
}
