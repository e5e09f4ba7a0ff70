using System.Net.Sockets;
using System.Text.Json;
using KeyRecovery.Api.Options;
using KeyRecovery.Api.Reports;
using KeyRecovery.Api.Stores;
using KeyRecovery.Service.Stores;
using Microsoft.Extensions.Logging.Abstractions;

namespace KeyRecovery.Api.Control;

/// <summary>Asks the running server, where one runs.</summary>
internal static class ControlClient
{
    /// <summary>Opens the stores of a server that does not answer, for a verb that does its work itself.</summary>
    /// <exception cref="StoreOpenException">
    /// They cannot be opened: a server runs whose socket is gone, perhaps.
    /// </exception>
    public static async Task<ServerStores> OpenAloneAsync(KeyRecoveryOptions options)
    {
        try
        {
            return await ServerStores.OpenAsync(options, TimeProvider.System, NullLoggerFactory.Instance);
        }
        catch (StoreOpenException taken) when (taken.InnerException is IOException)
        {
            throw new StoreOpenException(
                $"{taken.Message}, and no server answers at {ControlSocket.PathIn(options.Directories.Ring)}: one that "
                + "has lost its socket has to be restarted", taken);
        }
    }

    /// <summary>Sends a request and waits for its end.</summary>
    /// <param name="ringFolder">Where the socket is.</param>
    /// <param name="request">A JSON object.</param>
    /// <param name="progress">Hears how far it is.</param>
    /// <returns>The result; null where no server runs here.</returns>
    /// <exception cref="IOException">The server refused the request, or went before it was done.</exception>
    public static async Task<JsonElement?> TryAskAsync(string ringFolder, string request, Action<JsonElement> progress)
    {
        var path = ControlSocket.PathIn(ringFolder);
        if (!File.Exists(path)) return null;
        using var socket = new Socket(AddressFamily.Unix, SocketType.Stream, ProtocolType.Unspecified);
        try
        {
            await socket.ConnectAsync(new UnixDomainSocketEndPoint(path));
        }
        catch (SocketException e) when (e.SocketErrorCode is SocketError.ConnectionRefused
            or SocketError.AddressNotAvailable)
        {
            // What a server that was killed has left.
            return null;
        }

        await using var stream = new NetworkStream(socket);
        await stream.WriteAsync(System.Text.Encoding.UTF8.GetBytes(request + "\n"));
        using var reader = new StreamReader(stream);
        while (await reader.ReadLineAsync() is { } line)
        {
            var told = JsonSerializer.Deserialize(line, ReportJson.Default.ControlLine)!;
            if (told.Error is { } error) throw new IOException($"the server says: {error}");
            if (told.Result is { } result) return result;
            progress(told.Progress!.Value);
        }

        throw new IOException("the server ended before it was done; what was begun goes on when it starts again");
    }
}
