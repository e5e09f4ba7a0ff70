using System.Globalization;
using System.Net;
using System.Net.Sockets;
using System.Text;
using KeyRecovery.Protocol.Audit.Log;
using KeyRecovery.Protocol.Primitives;
using KeyRecovery.Testing;

namespace KeyRecovery.Cli.Tests.Witnesses;

/// <summary>What is at a witness's address and is no honest one, over a socket of its own.</summary>
internal sealed class BadWitness : IAsyncDisposable
{
    private readonly TcpListener _listener = new(IPAddress.Loopback, 0);
    private readonly CancellationTokenSource _end = new();
    private readonly SigningKey _key = SigningKey.FromSeed(new TestRandom(321).Bytes(SigningKey.SeedSize));
    private readonly Task _running;
    private int _asked;

    public BadWitness()
    {
        _listener.Start();
        _running = RunAsync();
    }

    /// <summary>What it does.</summary>
    public string How { get; set; } = "";

    public int Asked => _asked;

    public Uri Address => new($"http://{_listener.LocalEndpoint}");

    public NoteKey Key => NoteKey.Of("bad.example/witness", NoteSignatureType.Cosignature, _key.PublicKey);

    public async ValueTask DisposeAsync()
    {
        await _end.CancelAsync();
        await _running;
        _listener.Stop();
        _end.Dispose();
    }

    private async Task RunAsync()
    {
        var served = new List<Task>();
        try
        {
            while (true) served.Add(AnswerAsync(await _listener.AcceptTcpClientAsync(_end.Token)));
        }
        catch (OperationCanceledException)
        {
            await Task.WhenAll(served);
        }
    }

    private async Task AnswerAsync(TcpClient client)
    {
        using (client)
        {
            try
            {
                var stream = client.GetStream();
                var (held, count) = (new byte[256 * 1024], 0);
                while (Note(held.AsSpan(0, count)) is null)
                {
                    var read = await stream.ReadAsync(held.AsMemory(count), _end.Token);
                    if (read == 0) return;
                    count += read;
                    if (held.AsSpan(0, count).StartsWith("GET"u8)) break;
                }

                Interlocked.Increment(ref _asked);
                await SayAsync(stream, Note(held.AsSpan(0, count)));
                client.Client.Shutdown(SocketShutdown.Send);
                while (await stream.ReadAsync(held, _end.Token) > 0) { }
            }
            catch (Exception gone) when (gone is IOException or SocketException or OperationCanceledException)
            {
                // Whoever asked had enough, or the test ends.
            }
        }
    }

    private static SignedNote? Note(ReadOnlySpan<byte> request)
    {
        var end = request.IndexOf("\r\n\r\n"u8);
        return end >= 0 && WitnessRequest.TryParse(request[(end + 4)..], out var read) ? read.Checkpoint : null;
    }

    private async Task SayAsync(NetworkStream stream, SignedNote? note)
    {
        switch (How)
        {
            case "never ends":
                await stream.WriteAsync("HTTP/1.1 200 OK\r\nContent-Length: 1000000\r\n\r\n"u8.ToArray(), _end.Token);
                for (; ; await Task.Delay(100, _end.Token)) await stream.WriteAsync("x"u8.ToArray(), _end.Token);
            case "says nothing":
                await Task.Delay(Timeout.Infinite, _end.Token);
                return;
            case "floods":
                await stream.WriteAsync("HTTP/1.1 200 OK\r\n\r\n"u8.ToArray(), _end.Token);
                for (var left = 100; left > 0; left--) await stream.WriteAsync(new byte[64 * 1024], _end.Token);
                return;
            case "no HTTP":
                await stream.WriteAsync("\u2014 hello\r\n"u8.ToArray(), _end.Token);
                return;
            case "leads elsewhere":
                await SayAsync(stream, "302 Found", "text/plain", "", "Location: http://127.0.0.1:1/\r\n");
                return;
            case "another text" when note is not null:
                var other = $"{note.Text.Split('\n')[0]}\n99999\n{Convert.ToBase64String(new byte[32])}\n";
                var signed = Cosignature.Sign(
                    SignedNote.Sign(other, "a.example", _key), 1_800_000_000, Key.Name, _key);
                await SayAsync(stream, "200 OK", "text/plain", Encoding.UTF8.GetString(WitnessAnswer.Encode(signed)));
                return;
            case "another key" when note is not null:
                var stranger = SigningKey.FromSeed(new TestRandom(322).Bytes(SigningKey.SeedSize));
                await SayAsync(stream, "200 OK", "text/plain", Encoding.UTF8.GetString(WitnessAnswer.Encode(
                    Cosignature.Sign(note, 1_800_000_000, Key.Name, stranger))));
                return;
            case "nonsense":
                await SayAsync(stream, "409 Conflict", WitnessAnswer.SizeType, "many\n");
                return;
            case "a size of another type":
                await SayAsync(stream, "409 Conflict", "text/plain", "7\n");
                return;
            case "a bigger size":
                await SayAsync(stream, "409 Conflict", WitnessAnswer.SizeType, "9223372036854775807\n");
                return;
            default:
                await SayAsync(stream, "500 Oops", "text/html", "<p>\u202eoops");
                return;
        }
    }

    private async Task SayAsync(
        NetworkStream stream, string status, string type, string body, string more = "")
    {
        var bytes = Encoding.UTF8.GetBytes(body);
        var head = string.Create(
            CultureInfo.InvariantCulture,
            $"HTTP/1.1 {status}\r\nContent-Type: {type}\r\nContent-Length: {bytes.Length}\r\n{more}"
            + $"Connection: close\r\n\r\n");
        await stream.WriteAsync((byte[])[.. Encoding.ASCII.GetBytes(head), .. bytes], _end.Token);
    }
}
