using System.Net.Sockets;

namespace KeyRecovery.Client.Tests.Hostile;

/// <summary>The end of a connection whose last words are to arrive.</summary>
/// <remarks>A socket that is closed while something unread has come is reset, and a reset may overtake an
/// answer.</remarks>
internal static class Farewell
{
    /// <summary>Sends no more, and reads on until the other side has ended too.</summary>
    public static async Task SayAsync(TcpClient client, CancellationToken ct)
    {
        client.Client.Shutdown(SocketShutdown.Send);
        var unread = new byte[1024];
        while (await client.Client.ReceiveAsync(unread, ct) > 0) { }
    }
}
