using KeyRecovery.Api.Auth;
using KeyRecovery.Api.Options;
using KeyRecovery.Api.Stores;
using KeyRecovery.Api.Telemetry;
using KeyRecovery.Service.Stores;
using Microsoft.AspNetCore.Hosting.Server;
using Microsoft.AspNetCore.Hosting.Server.Features;

namespace KeyRecovery.Api.Hosting;

/// <summary>The lines that say where the server listens, and what an operator should not leave so.</summary>
internal sealed partial class Startup(
    ServerAuthority authority, IServer server, KeyRecoveryOptions options, IConfiguration configuration,
    IHostEnvironment environment, ServerMetrics metrics, ServerStores stores, Tenants tenants,
    ClockDoubt doubt, ILogger<Startup> logger) : IHostedLifecycleService
{
    public Task StartedAsync(CancellationToken cancellationToken)
    {
        metrics.Begin(stores.Pair is ICopiedData, () => stores.Service.Clock.Moved,
            () => tenants.Fetched.Count(keys => keys.IsDown));
        Listening(logger, server.Features.Get<IServerAddressesFeature>()?.Addresses ?? [], authority.Value);
        return Task.CompletedTask;
    }

    public Task StartingAsync(CancellationToken cancellationToken)
    {
        foreach (var what in CarefulStart.Warnings(options, configuration, environment)) Careless(logger, what);
        if (doubt.Sentence is { } clock) ClockDoubted(logger, clock);
        return Task.CompletedTask;
    }

    public Task StartAsync(CancellationToken cancellationToken) => Task.CompletedTask;

    public Task StopAsync(CancellationToken cancellationToken) => Task.CompletedTask;

    public Task StoppingAsync(CancellationToken cancellationToken) => Task.CompletedTask;

    public Task StoppedAsync(CancellationToken cancellationToken) => Task.CompletedTask;

    [LoggerMessage(3, LogLevel.Information, "Listening on {Addresses} as {Authority}", EventName = "Listening")]
    private static partial void Listening(ILogger logger, IEnumerable<string> addresses, string authority);

    [LoggerMessage(4, LogLevel.Warning, "{What}", EventName = "Careless")]
    private static partial void Careless(ILogger logger, string what);

    [LoggerMessage(6, LogLevel.Warning, "{What}", EventName = "ClockDoubted")]
    private static partial void ClockDoubted(ILogger logger, string what);
}
