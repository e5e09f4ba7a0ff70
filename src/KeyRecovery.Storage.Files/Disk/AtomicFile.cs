namespace KeyRecovery.Storage.Files.Disk;

/// <summary>Writes small files whole or not at all, durable when the call returns.</summary>
internal static class AtomicFile
{
    private const string Draft = ".new";

    public static void Write(string path, ReadOnlySpan<byte> content)
    {
        WriteDraft(path + Draft, content);
        File.Move(path + Draft, path, overwrite: true);
        FolderSync.Flush(Path.GetDirectoryName(path)!);
    }

    /// <summary>
    /// As <see cref="Write"/> in place of a file with secrets: once the new one is durable, the old one's blocks are
    /// overwritten where they lie. What a file system that copies on write, a snapshot of it or a flash disk's spare
    /// cells still hold of it is beyond a program's reach (docs/operations.md).
    /// </summary>
    public static void Replace(string path, ReadOnlySpan<byte> content)
    {
        // Opened before anything is changed: what must not be written, an immutable file for example, is refused here.
        using var old = PrivateFiles.Open(path, FileMode.Open, FileShare.ReadWrite | FileShare.Delete);
        Write(path, content);
        Overwrite(old);
    }

    /// <summary>
    /// Makes the file <paramref name="successor"/> take the place of <paramref name="path"/>, which is overwritten as
    /// above.
    /// </summary>
    public static void Replace(string path, string successor)
    {
        using var old = PrivateFiles.Open(path, FileMode.Open, FileShare.ReadWrite | FileShare.Delete);
        File.Move(successor, path, overwrite: true);
        FolderSync.Flush(Path.GetDirectoryName(path)!);
        Overwrite(old);
    }

    /// <summary>
    /// Takes away what a crash left of a file that was being written: it may hold what the file must not hold any more.
    /// </summary>
    public static void DropDraft(string path) => Destroy(path + Draft);

    /// <summary>
    /// Overwrites a file where it lies, within the limits above, and deletes it; nothing where there is none.
    /// </summary>
    public static void Destroy(string path)
    {
        if (!File.Exists(path)) return;
        using (var file = PrivateFiles.Open(path, FileMode.Open, FileShare.ReadWrite | FileShare.Delete))
            Overwrite(file);
        File.Delete(path);
        FolderSync.Flush(Path.GetDirectoryName(path)!);
    }

    private static void WriteDraft(string draft, ReadOnlySpan<byte> content)
    {
        try
        {
            // A draft that is left over from a crash was never anybody's file.
            using var stream = PrivateFiles.Open(draft, FileMode.Create, FileShare.None);
            stream.Write(content);
            stream.Flush(flushToDisk: true);
        }
        catch (IOException)
        {
            File.Delete(draft);
            throw;
        }
    }

    /// <summary>Overwrites a file's blocks where they lie, flushed on return.</summary>
    public static void Overwrite(FileStream old)
    {
        old.Position = 0;
        old.Write(new byte[old.Length]);
        old.Flush(flushToDisk: true);
    }
}
