using System.Net.Sockets;
using System.Text;

namespace KeyRecovery.Api.Tests.Support;

/// <summary>Sends what no well-behaved client would. <c>Host</c> and <c>Connection: close</c> are added.</summary>
internal static class RawHttp
{
    /// <summary>Sends a request byte for byte and reads until the server closes.</summary>
    public static Task<string> SendAsync(Uri server, string requestLine, string[] headers, byte[]? body = null) =>
        SendAsync(server, requestLine, headers, body, reader => reader.ReadToEndAsync());

    /// <summary>Sends a request whose body may be missing, and reads no more than the status line.</summary>
    public static Task<string> StatusLineAsync(Uri server, string requestLine, string[] headers) =>
        SendAsync(server, requestLine, headers, null, async reader => await reader.ReadLineAsync() ?? "");

    private static async Task<string> SendAsync(
        Uri server, string requestLine, string[] headers, byte[]? body, Func<StreamReader, Task<string>> read)
    {
        using var client = new TcpClient();
        await client.ConnectAsync(server.Host, server.Port);
        await using var stream = client.GetStream();
        var head = new StringBuilder(requestLine).Append("\r\nHost: ").Append(server.Authority)
            .Append("\r\nConnection: close\r\n");
        foreach (var header in headers) head.Append(header).Append("\r\n");
        await stream.WriteAsync(Encoding.Latin1.GetBytes(head.Append("\r\n").ToString()));
        await stream.WriteAsync(body ?? []);
        using var reader = new StreamReader(stream, Encoding.UTF8);
        return await read(reader);
    }
}
