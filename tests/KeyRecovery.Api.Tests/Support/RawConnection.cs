using System.Globalization;
using System.Net;
using System.Net.Sockets;
using System.Text;
using System.Text.Json;

namespace KeyRecovery.Api.Tests.Support;

/// <summary>A connection on which a test says what it likes, when it likes, from an address of its choice.</summary>
internal sealed class RawConnection : IDisposable
{
    private readonly Socket _socket =
        new(AddressFamily.InterNetwork, SocketType.Stream, ProtocolType.Tcp) { NoDelay = true };
    private readonly Uri _server;

    private RawConnection(Uri server) => _server = server;

    public static async Task<RawConnection> OpenAsync(Uri server, IPAddress? from = null, int? receiveBuffer = null)
    {
        var connection = new RawConnection(server);
        if (receiveBuffer is { } size) connection._socket.ReceiveBufferSize = size;
        if (from is not null) connection._socket.Bind(new IPEndPoint(from, 0));
        await connection._socket.ConnectAsync(IPAddress.Parse(server.Host), server.Port);
        return connection;
    }

    /// <summary>Sends a request's head; <c>Host</c> is added.</summary>
    public Task SendHeadAsync(
        HttpMethod method, string target, IEnumerable<(string Name, string Value)> headers, byte[]? and = null)
    {
        var head = new StringBuilder($"{method} {target} HTTP/1.1\r\nHost: {_server.Authority}\r\n");
        foreach (var (name, value) in headers) head.Append(CultureInfo.InvariantCulture, $"{name}: {value}\r\n");
        return SendAsync([.. Encoding.Latin1.GetBytes(head.Append("\r\n").ToString()), .. and ?? []]);
    }

    public async Task SendAsync(byte[] bytes)
    {
        for (var sent = 0; sent < bytes.Length;) sent += await _socket.SendAsync(bytes.AsMemory(sent));
    }

    /// <summary>Reads one answer with its <c>Content-Length</c>; status 0 where the server closed instead.</summary>
    public async Task<(int Status, string Body)> ReadAnswerAsync()
    {
        var (text, buffer) = (new StringBuilder(), new byte[16 * 1024]);
        while (true)
        {
            var all = text.ToString();
            if (all.IndexOf("\r\n\r\n", StringComparison.Ordinal) is >= 0 and var end)
            {
                var length = all.Split("\r\n")
                    .FirstOrDefault(line => line.StartsWith("Content-Length: ", StringComparison.Ordinal)) is { } named
                    ? int.Parse(named[16..], CultureInfo.InvariantCulture) : 0;
                if (all.Length >= end + 4 + length)
                    return (int.Parse(all.AsSpan(9, 3), CultureInfo.InvariantCulture), all.Substring(end + 4, length));
            }

            int read;
            try
            {
                read = await _socket.ReceiveAsync(buffer).WaitAsync(TimeSpan.FromSeconds(60));
            }
            catch (SocketException)
            {
                return (0, "");
            }

            if (read == 0) return (0, "");
            text.Append(Encoding.Latin1.GetString(buffer, 0, read));
        }
    }

    /// <summary>Reads one answer that must be a problem.</summary>
    public async Task<JsonElement> ReadProblemAsync(int status, string slug)
    {
        var (answered, body) = await ReadAnswerAsync();
        Assert.True(answered == status, $"{answered}, not {status}: {body}");
        var problem = JsonSerializer.Deserialize<JsonElement>(body);
        Assert.Equal($"urn:keyrecovery:error:{slug}", problem.GetProperty("type").GetString());
        return problem;
    }

    /// <summary>Is gone, answer or not (RST).</summary>
    public void Reset() => _socket.Close(timeout: 0);

    public void Dispose() => _socket.Dispose();
}
