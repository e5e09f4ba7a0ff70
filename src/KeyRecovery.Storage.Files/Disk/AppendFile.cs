namespace KeyRecovery.Storage.Files.Disk;

/// <summary>
/// Text files of whole lines that only grow, mode 0600, durable when the call returns. Processes that share one take
/// turns, or what the one is writing would look to the other like what a crash has left.
/// </summary>
internal static class AppendFile
{
    private const int Window = 4096;
    private const string Turn = ".turn";

    /// <summary>Appends lines, each with its line feed. What a crash cut short is cut off first.</summary>
    public static async ValueTask AppendAsync(string path, ReadOnlyMemory<byte> lines, CancellationToken ct)
    {
        PrivateFiles.MakeFolder(Path.GetDirectoryName(path)!);
        using var turn = await FileTurn.TakeAsync(path + Turn, ct).ConfigureAwait(false);
        PrivateFiles.Touch(path);
        using var stream = PrivateFiles.Open(path, FileMode.Open, FileShare.Read);
        stream.SetLength(WholeLines(stream));
        stream.Seek(0, SeekOrigin.End);
        stream.Write(lines.Span);
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
