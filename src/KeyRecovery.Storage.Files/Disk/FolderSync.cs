using System.Runtime.InteropServices;

namespace KeyRecovery.Storage.Files.Disk;

/// <summary>
/// Makes a folder's entries durable: a file that was made or renamed is there after a power cut only then.
/// </summary>
internal static partial class FolderSync
{
    private const int ReadOnly = 0;

    /// <exception cref="IOException">The folder cannot be opened or flushed.</exception>
    public static void Flush(string folder)
    {
        // Windows keeps its directory entries in a journal of its own and offers no such call.
        if (OperatingSystem.IsWindows()) return;
        var descriptor = NativeOpen(folder, ReadOnly);
        if (descriptor < 0) throw Failure(folder);
        try
        {
            if (NativeFlush(descriptor) != 0) throw Failure(folder);
        }
        finally
        {
            _ = NativeClose(descriptor);
        }
    }

    private static IOException Failure(string folder) =>
        new($"cannot flush the folder {folder}: errno {Marshal.GetLastPInvokeError()}");

    [LibraryImport("libc", EntryPoint = "open", SetLastError = true, StringMarshalling = StringMarshalling.Utf8)]
    [DefaultDllImportSearchPaths(DllImportSearchPath.SafeDirectories)]
    private static partial int NativeOpen(string path, int flags);

    [LibraryImport("libc", EntryPoint = "fsync", SetLastError = true)]
    [DefaultDllImportSearchPaths(DllImportSearchPath.SafeDirectories)]
    private static partial int NativeFlush(int descriptor);

    [LibraryImport("libc", EntryPoint = "close")]
    [DefaultDllImportSearchPaths(DllImportSearchPath.SafeDirectories)]
    private static partial int NativeClose(int descriptor);
}
