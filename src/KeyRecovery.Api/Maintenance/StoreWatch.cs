using KeyRecovery.Api.Stores;

namespace KeyRecovery.Api.Maintenance;

/// <summary>
/// Stops the server in order when its stores are closed to it: a step of the schema has sent this version away, or a
/// restore has begun (docs/storage.md §11).
/// </summary>
internal sealed partial class StoreWatch(
    ServerStores stores, IHostApplicationLifetime lifetime, ILogger<StoreWatch> logger) : BackgroundService
{
    protected override async Task ExecuteAsync(CancellationToken stoppingToken)
    {
        Closed(logger, await stores.Pair.Closed.WaitAsync(stoppingToken));
        lifetime.StopApplication();
    }

    [LoggerMessage(70, LogLevel.Error, "The stores are closed to this process, which stops: {Why}",
        EventName = "StoresClosed")]
    private static partial void Closed(ILogger logger, string why);
}
