namespace KeyRecovery.Client.KeyStores;

/// <summary>
/// The one door to what changes a home: a file that the operating system locks for one process at a time, and lets go
/// of when that process ends, however it does. Whoever writes what depends on what it read holds it over both.
/// </summary>
internal static class HomeLock
{
    // What a sharing violation is called on Linux, on macOS and the BSDs, and on Windows.
    private const int LockedOnLinux = 11;
    private const int LockedOnBsd = 35;
    private const int LockedOnWindows = unchecked((int)0x80070020);

    private static readonly TimeSpan Pause = TimeSpan.FromMilliseconds(20);
    private static readonly TimeSpan Limit = TimeSpan.FromSeconds(5);

    /// <summary>Takes the lock of a home, whose folder is there.</summary>
    /// <exception cref="DeviceStoreException">Another program has it, and does not let go within seconds.</exception>
    public static Task<FileStream> TakeAsync(string folder, CancellationToken ct)
    {
        var path = Path.Combine(folder, "device.lock");
        return TakeAsync(path, Limit, () => $"another program keeps {path} locked", ct);
    }

    /// <summary>Takes a lock of another name, for as long.</summary>
    public static async Task<FileStream> TakeAsync(
        string path, TimeSpan limit, Func<string> why, CancellationToken ct)
    {
        for (var waited = TimeSpan.Zero; ; waited += Pause)
        {
            ct.ThrowIfCancellationRequested();
            try
            {
                return new FileStream(path, OwnerFiles.Options(FileMode.OpenOrCreate, share: FileShare.None));
            }
            catch (IOException e) when (e.HResult is LockedOnLinux or LockedOnBsd or LockedOnWindows)
            {
                if (waited >= limit) throw new DeviceStoreException(DeviceStoreTrouble.Busy, why(), e);
                await Task.Delay(Pause, ct);
            }
        }
    }
}
