namespace KeyRecovery.Storage.Files.Disk;

/// <summary>
/// The turn of one process, among all that share a folder, at what only one may do at a time: an exclusive lock on a
/// file of its own (flock(2)). The kernel lets it go when the process ends; one that is frozen keeps it, and the others
/// are refused, for nobody can tell what it will still write. Between machines the folder's file system has to carry
/// such locks, as NFS 4 does; where it does not, blob storage is what is to be used (docs/storage.md).
/// </summary>
internal sealed class FileTurn : IDisposable
{
    // EWOULDBLOCK of Linux and of macOS, ERROR_SHARING_VIOLATION of Windows.
    private static readonly int[] Held = [11, 35, unchecked((int)0x80070020)];

    private static readonly TimeSpan Pause = TimeSpan.FromMilliseconds(5);

    private readonly FileStream _held;

    private FileTurn(FileStream held) => _held = held;

    /// <summary>How long a turn is waited for: 5 s. Whoever has it writes some kilobytes.</summary>
    public static TimeSpan Patience { get; } = TimeSpan.FromSeconds(5);

    /// <summary>Whether a file was not opened because somebody else has it, and for no other reason.</summary>
    public static bool IsHeld(IOException failure) => Held.Contains(failure.HResult);

    /// <summary>Waits for the turn.</summary>
    /// <param name="path">The file, made with mode 0600 in a folder that is there.</param>
    /// <param name="ct">Cancels.</param>
    /// <exception cref="IOException">It cannot be had, or not within <see cref="Patience"/>.</exception>
    public static async ValueTask<FileTurn> TakeAsync(string path, CancellationToken ct)
    {
        for (var until = Environment.TickCount64 + (long)Patience.TotalMilliseconds; ;)
        {
            try
            {
                return new FileTurn(PrivateFiles.Open(path, FileMode.OpenOrCreate, FileShare.None));
            }
            catch (IOException e) when (IsHeld(e) && Environment.TickCount64 < until)
            {
                await Task.Delay(Pause, ct).ConfigureAwait(false);
            }
        }
    }

    /// <inheritdoc/>
    public void Dispose() => _held.Dispose();
}
