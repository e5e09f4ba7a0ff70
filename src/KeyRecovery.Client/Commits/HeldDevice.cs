namespace KeyRecovery.Client.Commits;

/// <summary>Runs what makes a device part of an account, one at a time.</summary>
internal static class HeldDevice
{
    /// <summary>Runs it while nobody else does, or says who does.</summary>
    public static async Task<Result<T>> RunAloneAsync<T>(
        this IDeviceStore store, Func<Task<Result<T>>> run, CancellationToken ct)
    {
        IAsyncDisposable? held;
        try
        {
            held = await store.HoldAsync(ct);
        }
        catch (DeviceStoreException others)
        {
            return new ClientFailure.DeviceState(others.Message);
        }
        await using (held) return await run();
    }
}
