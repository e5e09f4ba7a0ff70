using KeyRecovery.Api.Stores;
using KeyRecovery.Api.Telemetry;
using KeyRecovery.Storage.Files.Backups;

namespace KeyRecovery.Api.Maintenance;

/// <summary>
/// Tells how old the newest backup of the keys is, by the escrows: one is written with each set, whether by this
/// process, another instance or a job. Where none lies, nothing was made since this process began, at least.
/// </summary>
internal sealed class BackupWatch(ServerStores stores, ServerMetrics metrics, TimeProvider time) : BackgroundService
{
    private static readonly TimeSpan Every = TimeSpan.FromMinutes(1);

    protected override async Task ExecuteAsync(CancellationToken stoppingToken)
    {
        if (stores.Escrows is not { } escrows) return;
        var newest = time.GetUtcNow();
        using var timer = new PeriodicTimer(Every, time);
        do
        {
            if (NewestOf(escrows.Location) is { } made) newest = made;
            metrics.BackupAge(Math.Max(0, (long)(time.GetUtcNow() - newest).TotalSeconds));
        }
        while (await timer.WaitForNextTickAsync(stoppingToken));
    }

    // Of a folder that does not answer nothing new is known: the age goes on.
    private static DateTimeOffset? NewestOf(string folder)
    {
        try
        {
            return new DirectoryInfo(folder).EnumerateFiles($"*{EscrowFolder.Extension}")
                .Max(file => (DateTimeOffset?)file.LastWriteTimeUtc);
        }
        catch (Exception e) when (e is IOException or UnauthorizedAccessException)
        {
            return null;
        }
    }
}
