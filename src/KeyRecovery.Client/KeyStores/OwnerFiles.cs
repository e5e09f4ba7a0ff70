using Microsoft.Win32.SafeHandles;

namespace KeyRecovery.Client.KeyStores;

/// <summary>Files for their owner alone, 0600, read in one go and written whole or not at all.</summary>
internal static class OwnerFiles
{
    private const UnixFileMode OwnerFile = UnixFileMode.UserRead | UnixFileMode.UserWrite;

    /// <summary>Whether something has that name.</summary>
    public static bool IsThere(string path) => File.Exists(path) || Directory.Exists(path);

    /// <summary>Makes a folder for its owner alone, 0700, unless it is there.</summary>
    public static void MakeFolder(string path)
    {
        if (Directory.Exists(path)) return;
        if (OperatingSystem.IsWindows()) Directory.CreateDirectory(path);
        else Directory.CreateDirectory(path, OwnerFile | UnixFileMode.UserExecute);
    }

    /// <summary>Opens a file to read.</summary>
    /// <exception cref="DeviceStoreException">It is a folder, or another user's.</exception>
    public static SafeFileHandle OpenToRead(string path)
    {
        if (Directory.Exists(path))
            throw new DeviceStoreException(DeviceStoreTrouble.NotAFile, $"{path} is a folder, and not a file");
        try
        {
            return File.OpenHandle(path, share: FileShare.ReadWrite | FileShare.Delete);
        }
        catch (UnauthorizedAccessException e)
        {
            throw new DeviceStoreException(DeviceStoreTrouble.NoPermission, $"this user may not read {path}", e);
        }
    }

    /// <summary>Fills a span from a file's beginning; tells how much there was.</summary>
    public static int Read(SafeFileHandle file, Span<byte> bytes)
    {
        var read = 0;
        for (int more; read < bytes.Length && (more = RandomAccess.Read(file, bytes[read..], read)) > 0;) read += more;
        return read;
    }

    /// <summary>Beside, flushed, then renamed: a crash leaves the old file or the new one.</summary>
    public static void Write(string path, ReadOnlySpan<byte> bytes)
    {
        var beside = path + ".new";
        File.Delete(beside);
        using (var file = new FileStream(beside, Options(FileMode.Create)))
        {
            // No stream's buffer between: it may be a secret.
            RandomAccess.Write(file.SafeFileHandle, bytes, 0);
            file.Flush(flushToDisk: true);
        }
        File.Move(beside, path, overwrite: true);
    }

    /// <summary>What a length that cannot be right is told as.</summary>
    public static DeviceStoreException WrongSize(string path, long length) => new(
        DeviceStoreTrouble.WrongSize, length == 0 ? $"{path} is empty" : $"{path} was cut, or has too much");

    /// <summary>How such a file is opened.</summary>
    public static FileStreamOptions Options(
        FileMode mode, FileAccess access = FileAccess.ReadWrite, FileShare share = FileShare.ReadWrite)
    {
        var options = new FileStreamOptions { Mode = mode, Access = access, Share = share, BufferSize = 0 };
        if (mode != FileMode.Open && !OperatingSystem.IsWindows()) options.UnixCreateMode = OwnerFile;
        return options;
    }
}
