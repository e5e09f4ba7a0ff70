using System.Runtime.InteropServices;

namespace KeyRecovery.Cli.Files;

/// <summary>What a path leads to, links followed.</summary>
internal enum FileKind
{
    /// <summary>Nothing.</summary>
    Missing,

    /// <summary>A plain file, which may be replaced by another.</summary>
    Plain,

    /// <summary>A device, a pipe or a socket, which is written to and never replaced.</summary>
    Special,

    /// <summary>Empty, and may be the one or the other: this system does not say.</summary>
    Unknown,
}

/// <summary>Asks the system of what kind a file is, which .NET does not tell.</summary>
internal static partial class FileKinds
{
    // linux/stat.h, linux/fcntl.h: the same on every architecture.
    private const int CurrentFolder = -100;
    private const uint TypeWanted = 1;
    private const int ModeOffset = 28;
    private const int TypeMask = 0xf000;
    private const int PlainFile = 0x8000;
    private const int StatxSize = 256;

    public static FileKind Of(string path)
    {
        if (OperatingSystem.IsLinux()) return OfLinux(path);
        if (!File.Exists(path)) return FileKind.Missing;
        return OperatingSystem.IsWindows() || new FileInfo(path).Length > 0 ? FileKind.Plain : FileKind.Unknown;
    }

    private static FileKind OfLinux(string path)
    {
        Span<byte> told = stackalloc byte[StatxSize];
        if (Statx(CurrentFolder, path, 0, TypeWanted, told) != 0) return FileKind.Missing;
        return (MemoryMarshal.Read<ushort>(told[ModeOffset..]) & TypeMask) == PlainFile
            ? FileKind.Plain : FileKind.Special;
    }

    [LibraryImport("libc", EntryPoint = "statx", StringMarshalling = StringMarshalling.Utf8, SetLastError = true)]
    private static partial int Statx(int folder, string path, int flags, uint mask, Span<byte> told);
}
