using System.Runtime.InteropServices;

namespace KeyRecovery.Storage.Files.Disk;

/// <summary>Second names of a file.</summary>
internal static partial class HardLinks
{
    /// <summary>False where the file system or the operating system has none, or the name is taken.</summary>
    public static bool TryMake(string path, string name) => !OperatingSystem.IsWindows() && NativeLink(path, name) == 0;

    [LibraryImport("libc", EntryPoint = "link", StringMarshalling = StringMarshalling.Utf8)]
    [DefaultDllImportSearchPaths(DllImportSearchPath.SafeDirectories)]
    private static partial int NativeLink(string path, string name);
}
