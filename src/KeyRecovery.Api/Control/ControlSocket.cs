using System.Net.Sockets;
using System.Text.Json;
using System.Threading.Channels;
using KeyRecovery.Api.Options;
using KeyRecovery.Api.Reports;

namespace KeyRecovery.Api.Control;

/// <summary>
/// A Unix socket in the ring's folder by which the host's verbs reach the running server: whoever may use it could read
/// the ring as well. One request a connection, a line of JSON (<c>{"verb":"rotate"}</c>); the answer is a line for each
/// step (<c>{"progress":…}</c>) and a last one (<c>{"result":…}</c> or <c>{"error":…}</c>).
/// </summary>
internal sealed partial class ControlSocket(
    KeyRecoveryOptions options, IEnumerable<IControlVerb> verbs, ILogger<ControlSocket> logger)
    : BackgroundService
{
    /// <summary>The socket's name in the ring's folder.</summary>
    public const string FileName = "control.sock";

    /// <summary>The longest request in characters: 4,096.</summary>
    private const int LineLimit = 4096;

    private static readonly TimeSpan RequestTimeout = TimeSpan.FromSeconds(5);
    private static readonly TimeSpan AcceptPause = TimeSpan.FromSeconds(1);

    /// <summary>Where it is.</summary>
    public static string PathIn(string ringFolder) => Path.Combine(ringFolder, FileName);

    private Socket? _listener;

    // Bound before the server takes requests: a verb right behind a start would find nobody, and take the server for
    // one that does not run.
    public override Task StartAsync(CancellationToken cancellationToken)
    {
        _listener = Bind(PathIn(options.Directories.Ring));
        return base.StartAsync(cancellationToken);
    }

    protected override async Task ExecuteAsync(CancellationToken stoppingToken)
    {
        var path = PathIn(options.Directories.Ring);
        if (_listener is not { } listener) return;
        using (listener)
        {
            var calls = new List<Task>();
            try
            {
                while (true)
                {
                    if (await AcceptAsync(listener, stoppingToken) is not { } caller) continue;
                    calls.RemoveAll(call => call.IsCompleted);
                    calls.Add(Task.Run(() => ServeAsync(caller, stoppingToken), CancellationToken.None));
                }
            }
            finally
            {
                File.Delete(path);
                await Task.WhenAll(calls);
            }
        }
    }

    // Null where no file descriptor is left, or the caller is gone: no verb that calls may end the server.
    private static async Task<Socket?> AcceptAsync(Socket listener, CancellationToken ct)
    {
        try
        {
            return await listener.AcceptAsync(ct);
        }
        catch (SocketException)
        {
            await Task.Delay(AcceptPause, ct);
            return null;
        }
    }

    private Socket? Bind(string path)
    {
        var socket = new Socket(AddressFamily.Unix, SocketType.Stream, ProtocolType.Unspecified);
        try
        {
            if (IsServed(path))
                throw new IOException("another server listens there: each instance has a ring folder of its own");
            // Left by a server that was killed.
            File.Delete(path);
            socket.Bind(new UnixDomainSocketEndPoint(path));
            // The folder is 0700 before and after.
            if (!OperatingSystem.IsWindows())
                File.SetUnixFileMode(path, UnixFileMode.UserRead | UnixFileMode.UserWrite);
            socket.Listen();
            return socket;
        }
        catch (Exception e) when (e is SocketException or IOException or UnauthorizedAccessException
            or ArgumentException)
        {
            NoSocket(logger, path, e);
            socket.Dispose();
            return null;
        }
    }

    // A living server, where several share their stores.
    private static bool IsServed(string path)
    {
        if (!File.Exists(path)) return false;
        using var caller = new Socket(AddressFamily.Unix, SocketType.Stream, ProtocolType.Unspecified);
        try
        {
            caller.Connect(new UnixDomainSocketEndPoint(path));
            return true;
        }
        catch (SocketException)
        {
            return false;
        }
    }

    private async Task ServeAsync(Socket caller, CancellationToken ct)
    {
        try
        {
            await using var stream = new NetworkStream(caller, ownsSocket: true);
            var lines = Channel.CreateUnbounded<ControlLine>(new UnboundedChannelOptions { SingleReader = true });
            var sending = SendAsync(stream, lines.Reader, ct);
            lines.Writer.TryWrite(await AnswerAsync(stream, lines.Writer, ct));
            lines.Writer.Complete();
            await sending;
        }
        catch (Exception e) when (e is IOException or OperationCanceledException or ObjectDisposedException)
        {
            // The caller is gone, or the server goes. What was asked for is in the log.
        }
    }

    private async Task<ControlLine> AnswerAsync(
        NetworkStream stream, ChannelWriter<ControlLine> lines, CancellationToken ct)
    {
        try
        {
            using var request = JsonDocument.Parse(await ReadLineAsync(stream, ct));
            if (request.RootElement.ValueKind != JsonValueKind.Object) throw new JsonException();
            var name = request.RootElement.GetProperty("verb").ToString();
            if (verbs.FirstOrDefault(verb => verb.Name == name) is not { } asked)
                return new ControlLine(Error: "there is no such verb");
            Asked(logger, asked.Name);
            var result = await asked.RunAsync(
                request.RootElement, progress => lines.TryWrite(new ControlLine(Progress: Element(progress))), ct);
            return new ControlLine(Result: Element(result));
        }
        catch (Exception e) when (e is JsonException or KeyNotFoundException)
        {
            return new ControlLine(Error: "not a request");
        }
#pragma warning disable CA1031 // Whatever it is, the server lives on, and the caller hears of it.
        catch (Exception e) when (e is not (OperationCanceledException or IOException))
#pragma warning restore CA1031
        {
            Failed(logger, e);
            return new ControlLine(Error: "it failed; the log says why");
        }
    }

    private static async Task SendAsync(NetworkStream stream, ChannelReader<ControlLine> lines, CancellationToken ct)
    {
        await foreach (var line in lines.ReadAllAsync(ct))
        {
            byte[] bytes = [.. JsonSerializer.SerializeToUtf8Bytes(line, ReportJson.Default.ControlLine), (byte)'\n'];
            await stream.WriteAsync(bytes, ct);
        }
    }

    private static async Task<string> ReadLineAsync(NetworkStream stream, CancellationToken ct)
    {
        using var timeout = CancellationTokenSource.CreateLinkedTokenSource(ct);
        timeout.CancelAfter(RequestTimeout);
        using var reader = new StreamReader(stream, leaveOpen: true);
        var buffer = new char[LineLimit];
        var length = 0;
        while (length < LineLimit)
        {
            var read = await reader.ReadAsync(buffer.AsMemory(length), timeout.Token);
            if (read == 0) break;
            length += read;
            var end = Array.IndexOf(buffer, '\n', 0, length);
            if (end >= 0) return new string(buffer, 0, end);
        }

        throw new JsonException();
    }

    private static JsonElement Element(string json) => JsonDocument.Parse(json).RootElement;

    [LoggerMessage(50, LogLevel.Information, "{Verb} was asked for by the control socket", EventName = "ControlAsked")]
    private static partial void Asked(ILogger logger, string verb);

    [LoggerMessage(52, LogLevel.Error, "What was asked for by the control socket failed", EventName = "ControlFailed")]
    private static partial void Failed(ILogger logger, Exception failure);

    [LoggerMessage(51, LogLevel.Warning,
        "{Path} cannot be made: verbs such as rotate do not reach this server while it runs",
        EventName = "NoControlSocket")]
    private static partial void NoSocket(ILogger logger, string path, Exception cause);
}
