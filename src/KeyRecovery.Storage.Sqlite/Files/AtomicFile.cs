namespace KeyRecovery.Storage.Sqlite.Files;

/// <summary>Writes small files whole or not at all, durable when the call returns.</summary>
internal static class AtomicFile
{
    public static void Write(string path, ReadOnlySpan<byte> content)
    {
        var draft = path + ".new";
        // A draft that is left over from a crash was never anybody's file.
        using (var stream = PrivateFiles.Open(draft, FileMode.Create, FileShare.None))
        {
            stream.Write(content);
            stream.Flush(flushToDisk: true);
        }

        File.Move(draft, path, overwrite: true);
        FolderSync.Flush(Path.GetDirectoryName(path)!);
    }
}
