using KeyRecovery.Api.Auth;

namespace KeyRecovery.Api.Maintenance;

/// <summary>
/// Fetches issuers' keys at the start and before they grow old, so that no request waits for them, and readiness knows
/// who is down before anybody asks.
/// </summary>
internal sealed class IssuerWatch(Tenants tenants, TimeProvider time) : BackgroundService
{
    private const int AtOnce = 8;

    private static readonly TimeSpan Every = TimeSpan.FromSeconds(20);

    protected override async Task ExecuteAsync(CancellationToken stoppingToken)
    {
        using var timer = new PeriodicTimer(Every, time);
        do
        {
            await Parallel.ForEachAsync(
                tenants.Fetched,
                new ParallelOptions { MaxDegreeOfParallelism = AtOnce, CancellationToken = stoppingToken },
                async (keys, ct) => await keys.KeepAsync(ct));
        }
        while (await timer.WaitForNextTickAsync(stoppingToken));
    }
}
