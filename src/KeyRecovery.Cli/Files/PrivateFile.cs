using System.Globalization;
using System.Text;
using KeyRecovery.Cli.Failures;

namespace KeyRecovery.Cli.Files;

/// <summary>Files that hold keys: for their owner alone, whole or not at all.</summary>
internal static class PrivateFile
{
    private const UnixFileMode OwnerFile = UnixFileMode.UserRead | UnixFileMode.UserWrite;

    /// <summary>
    /// Writes beside the file, and then in its place, where links lead to it, durable on return; a device or a pipe is
    /// written to as it is.
    /// </summary>
    public static Task WriteAsync(string path, ReadOnlyMemory<byte> content, CancellationToken ct) =>
        WriteAsync(path, (file, end) => file.WriteAsync(content, end).AsTask(), ct);

    /// <summary>The same of what is written in parts: what fails leaves nothing of it.</summary>
    /// <param name="path">The file.</param>
    /// <param name="write">Writes its content.</param>
    /// <param name="ct">Cancels.</param>
    /// <param name="replaces">Whether it takes the place of one that is there by then.</param>
    public static async Task WriteAsync(
        string path, Func<Stream, CancellationToken, Task> write, CancellationToken ct, bool replaces = true)
    {
        switch (FileKinds.Of(path))
        {
            case FileKind.Special:
                await using (var file = new FileStream(path, FileMode.Open, FileAccess.Write, FileShare.ReadWrite, 0))
                    await write(file, ct);
                return;
            case FileKind.Unknown:
                throw new CommandException(new CliFailure("file-exists", $"{path} is there already, and is empty")
                {
                    Advice = ["Delete it first, if it is a file, or choose another name."],
                });
        }

        // To ask for the target of what is not there is an error.
        path = new FileInfo(path).LinkTarget is null
            ? Path.GetFullPath(path) : File.ResolveLinkTarget(path, returnFinalTarget: true)!.FullName;
        var beside = $"{path}.{Environment.ProcessId}.new";
        var options = new FileStreamOptions { Mode = FileMode.CreateNew, Access = FileAccess.Write };
        if (!OperatingSystem.IsWindows()) options.UnixCreateMode = OwnerFile;
        try
        {
            await using (var file = new FileStream(beside, options))
            {
                await write(file, ct);
                file.Flush(flushToDisk: true);
            }
            File.Move(beside, path, overwrite: replaces);
        }
        catch
        {
            File.Delete(beside);
            throw;
        }

        FolderFlush.Run(Path.GetDirectoryName(path)!);
    }

    /// <summary>Makes a folder for its owner alone, unless it is there.</summary>
    public static void MakeFolder(string path)
    {
        if (Directory.Exists(path)) return;
        if (OperatingSystem.IsWindows()) Directory.CreateDirectory(path);
        else Directory.CreateDirectory(path, OwnerFile | UnixFileMode.UserExecute);
    }

    /// <summary>
    /// A file name for an item: one to one, and never a path. What is not a letter, digit, dot, dash or underscore
    /// becomes %XX.
    /// </summary>
    public static string NameFor(string item)
    {
        var name = new StringBuilder();
        foreach (var b in Encoding.UTF8.GetBytes(item))
        {
            var plain = char.IsAsciiLetterOrDigit((char)b) || b is (byte)'-' or (byte)'_'
                || (b == '.' && name.Length > 0);
            if (plain) name.Append((char)b);
            else name.Append(CultureInfo.InvariantCulture, $"%{b:X2}");
        }
        return name.ToString();
    }
}
