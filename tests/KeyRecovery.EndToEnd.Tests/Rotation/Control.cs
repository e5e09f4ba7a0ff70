using System.Net.Sockets;
using System.Text;

namespace KeyRecovery.EndToEnd.Tests.Rotation;

/// <summary>The server's control socket, by hand.</summary>
internal static class Control
{
    /// <summary>Asks for a rotation; false where the server was killed before it was done.</summary>
    public static async Task<bool> TryRotateAsync(string ring, bool root)
    {
        try
        {
            return (await AskAsync(ring, root ? "{\"verb\":\"rotate\",\"root\":true}" : "{\"verb\":\"rotate\"}"))
                .Contains("\"outcome\":\"done\"", StringComparison.Ordinal);
        }
        catch (Exception e) when (e is SocketException or IOException)
        {
            return false;
        }
    }

    /// <summary>The last line of the answer.</summary>
    public static async Task<string> AskAsync(string ring, string request)
    {
        using var socket = new Socket(AddressFamily.Unix, SocketType.Stream, ProtocolType.Unspecified);
        await socket.ConnectAsync(new UnixDomainSocketEndPoint(Path.Combine(ring, "control.sock")));
        await using var stream = new NetworkStream(socket);
        await stream.WriteAsync(Encoding.ASCII.GetBytes(request + "\n"));
        using var reader = new StreamReader(stream);
        var last = "";
        while (await reader.ReadLineAsync() is { } line) last = line;
        return last;
    }
}
