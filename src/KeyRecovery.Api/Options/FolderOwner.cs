using System.Runtime.InteropServices;

namespace KeyRecovery.Api.Options;

/// <summary>Asks the system whose a folder is, which .NET does not tell.</summary>
internal static partial class FolderOwner
{
    // linux/stat.h, linux/fcntl.h: the same on every architecture.
    private const int CurrentFolder = -100;
    private const uint UserWanted = 8;
    private const int UserOffset = 20;
    private const int StatxSize = 256;

    /// <summary>
    /// Whether root runs this in another user's folder: what it writes there that user cannot read. Anybody else is
    /// refused by the system.
    /// </summary>
    public static bool IsAnothersAndRootRuns(string path)
    {
        if (!OperatingSystem.IsLinux() || !Environment.IsPrivilegedProcess) return false;
        Span<byte> told = stackalloc byte[StatxSize];
        return Statx(CurrentFolder, path, 0, UserWanted, told) == 0
            && MemoryMarshal.Read<uint>(told[UserOffset..]) != 0;
    }

    /// <summary>
    /// Whether a folder is there and closed to this user: what lies in it would be taken for missing, and somebody
    /// told to restore it.
    /// </summary>
    public static bool IsClosed(string path)
    {
        try
        {
            if (Directory.Exists(path)) _ = Directory.EnumerateFileSystemEntries(path).Any();
            return false;
        }
        catch (UnauthorizedAccessException)
        {
            return true;
        }
    }

    [LibraryImport("libc", EntryPoint = "statx", StringMarshalling = StringMarshalling.Utf8, SetLastError = true)]
    [DefaultDllImportSearchPaths(DllImportSearchPath.SafeDirectories)]
    private static partial int Statx(int folder, string path, int flags, uint mask, Span<byte> told);
}
