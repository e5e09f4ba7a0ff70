using KeyRecovery.Service.Stores;
using KeyRecovery.Storage.Files.Disk;
using KeyRecovery.Storage.Sqlite.Connections;

namespace KeyRecovery.Storage.Sqlite.Backups;

/// <summary>
/// Puts a restored file in a store's place, and what lay there beside it, where it can be put back from.
/// </summary>
/// <param name="path">The store's file.</param>
/// <param name="tag">Names this restore, so that it finds again what it has begun.</param>
/// <param name="hasKeys">Whether what is made there is overwritten before it is taken away again.</param>
public sealed class StoreSwap(string path, string tag, bool hasKeys) : IStoreExchange
{
    // A log that is left over would be played into the new file.
    private static readonly string[] Companions = ["", "-wal", "-shm", "-journal", HeldJournal.Suffix];

    /// <inheritdoc/>
    public string Place => path;

    /// <inheritdoc/>
    public string Incoming => path + ".incoming";

    /// <inheritdoc/>
    public string Replaced => path + ".replaced-" + tag;

    /// <inheritdoc/>
    public bool Replaces => Array.Exists(Companions, companion => File.Exists(path + companion));

    /// <inheritdoc/>
    public bool HasReplaced => File.Exists(Replaced);

    /// <inheritdoc/>
    public void Clear()
    {
        foreach (var companion in Companions)
        {
            if (hasKeys) AtomicFile.Destroy(Incoming + companion);
            else File.Delete(Incoming + companion);
        }
    }

    /// <inheritdoc/>
    public async Task CopyAsync(Stream from, CancellationToken ct)
    {
        PrivateFiles.Touch(Incoming);
        var copy = PrivateFiles.Open(Incoming, FileMode.Create, FileShare.None);
        await using (copy.ConfigureAwait(false))
        {
            await from.CopyToAsync(copy, 1 << 20, ct).ConfigureAwait(false);
            copy.Flush(flushToDisk: true);
        }
    }

    /// <inheritdoc/>
    public void Run()
    {
        if (!File.Exists(Incoming)) return;
        // The old file first: as soon as it is gone from its place, so is its log's claim to it.
        foreach (var companion in Companions)
            if (File.Exists(path + companion)) File.Move(path + companion, Replaced + companion, overwrite: true);
        FolderSync.Flush(Path.GetDirectoryName(path)!);
        File.Move(Incoming, path);
        FolderSync.Flush(Path.GetDirectoryName(path)!);
    }
}
