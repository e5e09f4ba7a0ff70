using System.Runtime.InteropServices;
using Microsoft.Win32.SafeHandles;

namespace KeyRecovery.Cli.Files;

/// <summary>
/// Makes the names in a folder durable: a file that was renamed is there after a power cut only then.
/// </summary>
internal static partial class FolderFlush
{
    private const int ReadOnly = 0;

    /// <exception cref="IOException">The folder cannot be opened or flushed.</exception>
    public static void Run(string folder)
    {
        // Windows keeps its directory entries in a journal of its own and offers no such call.
        if (OperatingSystem.IsWindows()) return;
        using var handle = new SafeFileHandle(NativeOpen(folder, ReadOnly), ownsHandle: true);
        if (handle.IsInvalid || NativeFlush(handle) != 0)
            throw new IOException($"cannot flush the folder {folder}: errno {Marshal.GetLastPInvokeError()}");
    }

    [LibraryImport("libc", EntryPoint = "open", SetLastError = true, StringMarshalling = StringMarshalling.Utf8)]
    [DefaultDllImportSearchPaths(DllImportSearchPath.SafeDirectories)]
    private static partial int NativeOpen(string path, int flags);

    [LibraryImport("libc", EntryPoint = "fsync", SetLastError = true)]
    [DefaultDllImportSearchPaths(DllImportSearchPath.SafeDirectories)]
    private static partial int NativeFlush(SafeFileHandle descriptor);
}
