using KeyRecovery.Api.Auth;
using Microsoft.AspNetCore.Hosting.Server;
using Microsoft.AspNetCore.Hosting.Server.Features;

namespace KeyRecovery.Api.Hosting;

/// <summary>The one line that says where the server listens.</summary>
internal sealed partial class Startup(
    ServerAuthority authority, IServer server, ILogger<Startup> logger) : IHostedLifecycleService
{
    public Task StartedAsync(CancellationToken cancellationToken)
    {
        Listening(logger, server.Features.Get<IServerAddressesFeature>()?.Addresses ?? [], authority.Value);
        return Task.CompletedTask;
    }

    public Task StartingAsync(CancellationToken cancellationToken) => Task.CompletedTask;

    public Task StartAsync(CancellationToken cancellationToken) => Task.CompletedTask;

    public Task StopAsync(CancellationToken cancellationToken) => Task.CompletedTask;

    public Task StoppingAsync(CancellationToken cancellationToken) => Task.CompletedTask;

    public Task StoppedAsync(CancellationToken cancellationToken) => Task.CompletedTask;

    [LoggerMessage(3, LogLevel.Information, "Listening on {Addresses} as {Authority}", EventName = "Listening")]
    private static partial void Listening(ILogger logger, IEnumerable<string> addresses, string authority);
}
