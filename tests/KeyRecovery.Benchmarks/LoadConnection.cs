using System.Net.Sockets;
using System.Text;

namespace KeyRecovery.Benchmarks;

/// <summary>A kept connection on loopback that sends prepared requests and reads each answer to its end.</summary>
internal sealed class LoadConnection : IDisposable
{
    private readonly Socket _socket = new(SocketType.Stream, ProtocolType.Tcp) { NoDelay = true };
    private byte[] _buffer = [];

    public static async Task<LoadConnection> OpenAsync(Uri server)
    {
        var connection = new LoadConnection();
        await connection._socket.ConnectAsync(server.Host, server.Port);
        return connection;
    }

    /// <summary>Whether the server has said something, or closed.</summary>
    public bool HasAnswer => _socket.Poll(0, SelectMode.SelectRead);

    public async Task ExchangeAsync(byte[] request, int expectedStatus)
    {
        await SendAsync(request);
        await ReceiveAsync(expectedStatus);
    }

    public async Task SendAsync(byte[] request) => await _socket.SendAsync(request);

    public async Task ReceiveAsync(int expectedStatus)
    {
        // Not before it is needed: ten thousand of these wait at once.
        if (_buffer.Length == 0) _buffer = new byte[64 * 1024];
        var (length, end) = (0, -1);
        while (end < 0)
        {
            var read = await _socket.ReceiveAsync(_buffer.AsMemory(length));
            if (read == 0) throw new InvalidOperationException("the server closed the connection");
            length += read;
            end = EndOfAnswer(_buffer.AsSpan(0, length));
        }
        if (!_buffer.AsSpan().StartsWith(Encoding.ASCII.GetBytes($"HTTP/1.1 {expectedStatus}")))
            throw new InvalidOperationException(Encoding.UTF8.GetString(_buffer.AsSpan(0, Math.Min(length, 600))));
    }

    public void Dispose() => _socket.Dispose();

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
