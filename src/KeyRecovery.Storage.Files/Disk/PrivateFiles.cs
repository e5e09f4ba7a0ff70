namespace KeyRecovery.Storage.Files.Disk;

/// <summary>Files and folders that only their owner may read.</summary>
internal static class PrivateFiles
{
    private const UnixFileMode FileMode = UnixFileMode.UserRead | UnixFileMode.UserWrite;
    private const UnixFileMode FolderMode = FileMode | UnixFileMode.UserExecute;

    /// <summary>
    /// Makes the folder with mode 0700. One that exists keeps its mode; its files are 0600 all the same.
    /// </summary>
    public static void MakeFolder(string path)
    {
        if (OperatingSystem.IsWindows()) Directory.CreateDirectory(path);
        else Directory.CreateDirectory(path, FolderMode);
    }

    /// <summary>Whether somebody other than the owner may enter the folder.</summary>
    public static bool IsOpenToOthers(string folder) =>
        !OperatingSystem.IsWindows() && (File.GetUnixFileMode(folder) & ~FolderMode) != 0;

    /// <summary>Opens or makes a file with mode 0600; one that exists is set to it.</summary>
    public static FileStream Open(string path, FileMode mode, FileShare share)
    {
        var options = new FileStreamOptions {
            Mode = mode, Access = FileAccess.ReadWrite, Share = share, BufferSize = 0,
        };
        if (!OperatingSystem.IsWindows() && mode != System.IO.FileMode.Open) options.UnixCreateMode = FileMode;
        var stream = new FileStream(path, options);
        if (!OperatingSystem.IsWindows()) File.SetUnixFileMode(stream.SafeFileHandle, FileMode);
        return stream;
    }

    /// <summary>Sets mode 0600 on a file that has another.</summary>
    public static void Restrict(string path)
    {
        if (!OperatingSystem.IsWindows() && File.GetUnixFileMode(path) != FileMode)
            File.SetUnixFileMode(path, FileMode);
    }

    /// <summary>
    /// Makes an empty file unless it exists, so that SQLite finds its mode and gives it to its journals.
    /// </summary>
    public static void Touch(string path)
    {
        if (File.Exists(path)) return;
        // Another process may be as fast.
        Open(path, System.IO.FileMode.OpenOrCreate, FileShare.ReadWrite).Dispose();
        FolderSync.Flush(Path.GetDirectoryName(path)!);
    }
}
