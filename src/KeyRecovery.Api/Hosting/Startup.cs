using KeyRecovery.Api.Auth;
using KeyRecovery.Api.Options;
using Microsoft.AspNetCore.Hosting.Server;
using Microsoft.AspNetCore.Hosting.Server.Features;

namespace KeyRecovery.Api.Hosting;

/// <summary>What happens before the server listens, and the one line that says where it does.</summary>
internal sealed partial class Startup(
    KeyRecoveryOptions options, ServerAuthority authority, IServer server, ILogger<Startup> logger) : IHostedLifecycleService
{
    public Task StartingAsync(CancellationToken cancellationToken)
    {
        options.Directories.Create();
        return Task.CompletedTask;
    }

    public Task StartedAsync(CancellationToken cancellationToken)
    {
        Listening(logger, server.Features.Get<IServerAddressesFeature>()?.Addresses ?? [], authority.Value);
        return Task.CompletedTask;
    }

    public Task StartAsync(CancellationToken cancellationToken) => Task.CompletedTask;

    public Task StopAsync(CancellationToken cancellationToken) => Task.CompletedTask;

    public Task StoppingAsync(CancellationToken cancellationToken) => Task.CompletedTask;

    public Task StoppedAsync(CancellationToken cancellationToken) => Task.CompletedTask;

    [LoggerMessage(3, LogLevel.Information, "Listening on {Addresses} as {Authority}", EventName = "Listening")]
    private static partial void Listening(ILogger logger, IEnumerable<string> addresses, string authority);
}
