using KeyRecovery.Protocol.Audit.Log;
using KeyRecovery.Testing.Hosting;

namespace KeyRecovery.Client.Tests.Logs;

/// <summary>Waits for the server's log, which gathers changes for a quarter of a second.</summary>
internal static class LogWaits
{
    // As long as a busy machine may take.
    private static readonly TimeSpan Longest = TimeSpan.FromMinutes(2);

    /// <summary>The account's activity, once all of it is proved.</summary>
    public static async Task<AccountActivity> ProvedAsync(VaultSession vault)
    {
        for (var end = DateTime.UtcNow + Longest; DateTime.UtcNow < end; await Task.Delay(20))
            if (TestDevice.Value(await vault.Log.ActivityAsync()) is var told && told.Entries.All(e => e.IsProved))
                return told;
        throw new TimeoutException("the log does not come");
    }

    /// <summary>Waits until the newest that the account's activity tells is this.</summary>
    public static async Task ForAsync(VaultSession vault, AuditEvent what)
    {
        for (var end = DateTime.UtcNow + Longest; DateTime.UtcNow < end; await Task.Delay(20))
            if (TestDevice.Value(await vault.Log.ActivityAsync(limit: 1)).Entries is [var newest]
                && newest.Event == what) return;
        throw new TimeoutException($"{what} is not told");
    }
}
