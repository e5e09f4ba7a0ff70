using System.Security.Cryptography;
using KeyRecovery.Cli.Failures;

namespace KeyRecovery.Cli.Input;

/// <summary>
/// Files that a person names, read into memory up to a bound of their kind: a wrong name, a device or a pipe without
/// end costs no more.
/// </summary>
internal static class BoundedFile
{
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
        // One byte more than there may be: it tells an end from too much.
        var buffer = new byte[limit + 1];
        try
        {
            var read = await stream.ReadAtLeastAsync(buffer, buffer.Length, throwOnEndOfStream: false, ct);
            return read <= limit ? buffer[..read] : throw new CommandException(tooMuch(null));
        }
        finally
        {
            CryptographicOperations.ZeroMemory(buffer);
        }
    }
}
