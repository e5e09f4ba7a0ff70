using KeyRecovery.Storage.Sqlite.Files;

namespace KeyRecovery.Storage.Sqlite.Backups;

/// <summary>Puts a restored file in a store's place, and what lay there beside it, where it can be put back from.</summary>
/// <param name="path">The store's file.</param>
/// <param name="tag">Names this restore, so that it finds again what it has begun.</param>
/// <param name="hasKeys">Whether what is made there is overwritten before it is taken away again.</param>
public sealed class StoreSwap(string path, string tag, bool hasKeys)
{
    // A log that is left over would be played into the new file.
    private static readonly string[] Companions = ["", "-wal", "-shm", "-journal"];

    /// <summary>The store's file.</summary>
    public string Path => path;

    /// <summary>Where the new file is made.</summary>
    public string Incoming => path + ".incoming";

    /// <summary>Where the old file goes.</summary>
    public string Replaced => path + ".replaced-" + tag;

    /// <summary>Whether there is an old file, or something of it.</summary>
    public bool Replaces => Array.Exists(Companions, companion => File.Exists(path + companion));

    /// <summary>Takes away what a restore that ended too early has left.</summary>
    public void Clear()
    {
        foreach (var companion in Companions)
        {
            if (hasKeys) AtomicFile.Destroy(Incoming + companion);
            else File.Delete(Incoming + companion);
        }
    }

    /// <summary>Copies a set's file into the place where the new file is made, durable on return.</summary>
    /// <exception cref="IOException">It cannot be read or written.</exception>
    public async Task CopyAsync(string from, CancellationToken ct)
    {
        PrivateFiles.Touch(Incoming);
        var source = new FileStream(from, FileMode.Open, FileAccess.Read, FileShare.Read);
        await using (source.ConfigureAwait(false))
        {
            var copy = PrivateFiles.Open(Incoming, FileMode.Create, FileShare.None);
            await using (copy.ConfigureAwait(false))
            {
                await source.CopyToAsync(copy, 1 << 20, ct).ConfigureAwait(false);
                copy.Flush(flushToDisk: true);
            }
        }
    }

    /// <summary>Swaps; nothing where that is done already, and the rest where a crash cut it short.</summary>
    public void Run()
    {
        if (!File.Exists(Incoming)) return;
        // The old file first: as soon as it is gone from its place, so is its log's claim to it.
        foreach (var companion in Companions)
            if (File.Exists(path + companion)) File.Move(path + companion, Replaced + companion, overwrite: true);
        FolderSync.Flush(System.IO.Path.GetDirectoryName(path)!);
        File.Move(Incoming, path);
        FolderSync.Flush(System.IO.Path.GetDirectoryName(path)!);
    }
}
