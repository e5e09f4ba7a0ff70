using System.Net.Sockets;
using System.Text;

namespace KeyRecovery.Api.Hosting;

/// <summary>
/// Tells a service manager that asks for it when the server serves, and when it begins to stop: <c>sd_notify(3)</c>, by
/// the datagram socket of <c>NOTIFY_SOCKET</c>. So <c>systemctl start</c> waits for a server that serves, and fails
/// with one that does not start.
/// </summary>
internal sealed partial class ServiceManager(IHostApplicationLifetime lifetime, ILogger<ServiceManager> logger)
    : IHostedService
{
    public const string Variable = "NOTIFY_SOCKET";

    public Task StartAsync(CancellationToken cancellationToken)
    {
        if (Environment.GetEnvironmentVariable(Variable) is not { Length: > 0 } place) return Task.CompletedTask;
        // Readiness is told from the same event on, and not before.
        lifetime.ApplicationStarted.Register(() => Tell(place, "READY=1"));
        lifetime.ApplicationStopping.Register(() => Tell(place, "STOPPING=1"));
        return Task.CompletedTask;
    }

    public Task StopAsync(CancellationToken cancellationToken) => Task.CompletedTask;

    private void Tell(string place, string what)
    {
        try
        {
            using var socket = new Socket(AddressFamily.Unix, SocketType.Dgram, ProtocolType.Unspecified);
            // An @ stands for the NUL of a name that is no file's.
            socket.Connect(new UnixDomainSocketEndPoint(place[0] == '@' ? $"\0{place[1..]}" : place));
            socket.Send(Encoding.ASCII.GetBytes(what));
        }
        catch (Exception e) when (e is SocketException or ArgumentException)
        {
            NotTold(logger, what, e.Message);
        }
    }

    [LoggerMessage(13, LogLevel.Warning, "The service manager could not be told {What}: {Reason}",
        EventName = "ServiceManagerNotTold")]
    private static partial void NotTold(ILogger logger, string what, string reason);
}
