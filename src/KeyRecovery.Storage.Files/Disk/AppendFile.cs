namespace KeyRecovery.Storage.Files.Disk;

/// <summary>Text files of whole lines that only grow, mode 0600, durable when the call returns.</summary>
internal static class AppendFile
{
    private const int Window = 4096;

    /// <summary>Appends lines, each with its line feed. What a crash cut short is cut off first.</summary>
    public static void Append(string path, ReadOnlySpan<byte> lines)
    {
        PrivateFiles.MakeFolder(Path.GetDirectoryName(path)!);
        PrivateFiles.Touch(path);
        using var stream = PrivateFiles.Open(path, FileMode.Open, FileShare.Read);
        stream.SetLength(WholeLines(stream));
        stream.Seek(0, SeekOrigin.End);
        stream.Write(lines);
        stream.Flush(flushToDisk: true);
    }

    private static long WholeLines(FileStream stream)
    {
        Span<byte> window = stackalloc byte[Window];
        for (var end = stream.Length; end > 0;)
        {
            var start = Math.Max(0, end - Window);
            stream.Position = start;
            var part = window[..(int)(end - start)];
            stream.ReadExactly(part);
            var at = part.LastIndexOf((byte)'\n');
            if (at >= 0) return start + at + 1;
            end = start;
        }

        return 0;
    }
}
