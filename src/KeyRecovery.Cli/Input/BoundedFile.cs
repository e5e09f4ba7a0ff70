using System.Security.Cryptography;
using KeyRecovery.Cli.Failures;

namespace KeyRecovery.Cli.Input;

/// <summary>
/// Files that a person names, read into memory up to a bound of their kind: a wrong name, a device or a pipe without
/// end costs no more.
/// </summary>
internal static class BoundedFile
{
    private const int FirstBytes = 64 * 1024;

    /// <summary>Reads a small file of settings.</summary>
    /// <param name="path">The file.</param>
    /// <param name="limit">The most that it may have, in bytes.</param>
    /// <exception cref="InvalidDataException">It has more.</exception>
    public static byte[] Read(string path, int limit)
    {
        using var stream = File.OpenRead(path);
        var buffer = new byte[limit + 1];
        var read = stream.ReadAtLeast(buffer, buffer.Length, throwOnEndOfStream: false);
        return read <= limit ? buffer[..read] : throw new InvalidDataException();
    }

    /// <summary>Reads a file, or standard input.</summary>
    /// <param name="path">The file; - for standard input.</param>
    /// <param name="limit">The most that it may have, in bytes.</param>
    /// <param name="tooMuch">What is told where it has more; its argument is its size, null where that is not known.
    /// </param>
    /// <param name="ct">Cancels.</param>
    /// <exception cref="CommandException">It has more, or is a folder.</exception>
    public static async Task<byte[]> ReadAsync(
        string path, int limit, Func<long?, CliFailure> tooMuch, CancellationToken ct)
    {
        if (Directory.Exists(path))
            throw new CommandException(new CliFailure("file", $"{path} is a folder, and not a file"));
        await using var stream = path == "-" ? Ask.OpenInput() : File.OpenRead(path);
        if (stream.CanSeek && stream.Length > limit) throw new CommandException(tooMuch(stream.Length));
        // One byte more than there is, or may be: it tells an end from too much. What has no size to go by, as what a
        // pipe brings, is read in twice as much each time.
        var buffer = new byte[Math.Min(limit, Math.Max(stream.CanSeek ? stream.Length : 0, FirstBytes)) + 1];
        var read = 0;
        try
        {
            while ((read += await stream.ReadAtLeastAsync(
                buffer.AsMemory(read), buffer.Length - read, throwOnEndOfStream: false, ct)) == buffer.Length)
            {
                if (read > limit) throw new CommandException(tooMuch(null));
                var longer = new byte[Math.Min(limit + 1, 2 * read)];
                buffer.CopyTo(longer, 0);
                CryptographicOperations.ZeroMemory(buffer);
                buffer = longer;
            }

            return buffer[..read];
        }
        finally
        {
            CryptographicOperations.ZeroMemory(buffer);
        }
    }
}
