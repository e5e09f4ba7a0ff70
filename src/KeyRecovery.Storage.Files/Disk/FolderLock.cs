using KeyRecovery.Service.Stores;

namespace KeyRecovery.Storage.Files.Disk;

/// <summary>
/// An exclusive lock on a folder, held for life; the kernel lets it go when the process ends, however it ends.
/// </summary>
internal sealed class FolderLock : IDisposable
{
    public const string FileName = ".lock";

    private readonly FileStream _held;

    private FolderLock(FileStream held) => _held = held;

    /// <exception cref="StoreOpenException">
    /// Another process, or another store of this one, holds it; or its disk cannot be written.
    /// </exception>
    public static FolderLock Take(string folder)
    {
        try
        {
            // FileShare.None is flock(LOCK_EX | LOCK_NB) on Unix.
            return new FolderLock(
                PrivateFiles.Open(Path.Combine(folder, FileName), FileMode.OpenOrCreate, FileShare.None));
        }
        catch (IOException e) when (FileTurn.IsHeld(e))
        {
            throw new StoreOpenException($"the store in {folder} is in use by another process", e);
        }
        catch (IOException e) when (e is not (DirectoryNotFoundException or FileNotFoundException))
        {
            throw new StoreOpenException($"the store in {folder} cannot be locked: {e.Message}");
        }
    }

    public void Dispose() => _held.Dispose();
}
