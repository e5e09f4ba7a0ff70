using System.Runtime.InteropServices;

namespace KeyRecovery.Protocol.Primitives;

/// <summary>
/// What the system writes of a process that crashes: for a program that holds keys, nothing. On Linux the process is
/// made one that is not dumpable (<c>prctl(2)</c>, PR_SET_DUMPABLE): no core file, whatever limits and patterns say,
/// and no debugger of the same user. Elsewhere it does nothing.
/// </summary>
public static partial class CoreDumps
{
    private const int SetDumpable = 4;

    /// <summary>To be called when a program starts. Whether the system will write none.</summary>
    public static bool Refuse() => OperatingSystem.IsLinux() && NativeControl(SetDumpable, 0, 0, 0, 0) == 0;

    [LibraryImport("libc", EntryPoint = "prctl")]
    [DefaultDllImportSearchPaths(DllImportSearchPath.SafeDirectories)]
    private static partial int NativeControl(int option, nuint arg2, nuint arg3, nuint arg4, nuint arg5);
}
