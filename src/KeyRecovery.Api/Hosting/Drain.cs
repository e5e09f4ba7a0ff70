using KeyRecovery.Api.Endpoints;
using KeyRecovery.Api.Options;

namespace KeyRecovery.Api.Hosting;

/// <summary>
/// Shutdown in order: readiness goes first, load balancers get the time to notice, and then the server stops taking
/// connections and finishes what is under way.
/// </summary>
internal sealed class Drain(IHostApplicationLifetime lifetime, KeyRecoveryOptions options, TimeProvider time)
    : IHostedLifecycleService, IReadiness
{
    /// <summary>
    /// From the signal until what is still under way is cut off; a few seconds less than an operator waits.
    /// </summary>
    public static readonly TimeSpan Limit = TimeSpan.FromSeconds(16);

    public string Name => "shutdown";

    public ValueTask<bool> IsReadyAsync(CancellationToken cancellation) =>
        new(lifetime.ApplicationStarted.IsCancellationRequested
            && !lifetime.ApplicationStopping.IsCancellationRequested);

    public Task StoppingAsync(CancellationToken cancellationToken) =>
        Task.Delay(TimeSpan.FromSeconds(options.DrainSeconds ?? 0), time, cancellationToken);

    public Task StartingAsync(CancellationToken cancellationToken) => Task.CompletedTask;

    public Task StartAsync(CancellationToken cancellationToken) => Task.CompletedTask;

    public Task StartedAsync(CancellationToken cancellationToken) => Task.CompletedTask;

    public Task StopAsync(CancellationToken cancellationToken) => Task.CompletedTask;

    public Task StoppedAsync(CancellationToken cancellationToken) => Task.CompletedTask;
}
