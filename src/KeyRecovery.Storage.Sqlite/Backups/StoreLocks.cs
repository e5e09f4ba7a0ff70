using KeyRecovery.Service.Stores;
using KeyRecovery.Storage.Files.Disk;

namespace KeyRecovery.Storage.Sqlite.Backups;

/// <summary>Both stores' folders, held exclusively while files in them are exchanged.</summary>
public sealed class StoreLocks : IDisposable
{
    private readonly FolderLock _data;
    private readonly FolderLock _keys;

    private StoreLocks(FolderLock data, FolderLock keys) => (_data, _keys) = (data, keys);

    /// <summary>Takes both.</summary>
    /// <exception cref="StoreOpenException">Another process has one.</exception>
    public static StoreLocks Take(string dataFolder, string keyFolder)
    {
        var data = FolderLock.Take(dataFolder);
        try
        {
            return new StoreLocks(data, FolderLock.Take(keyFolder));
        }
        catch
        {
            data.Dispose();
            throw;
        }
    }

    /// <inheritdoc/>
    public void Dispose()
    {
        _keys.Dispose();
        _data.Dispose();
    }
}
