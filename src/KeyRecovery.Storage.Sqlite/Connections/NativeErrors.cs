using System.Runtime.InteropServices;
using SQLitePCL;

namespace KeyRecovery.Storage.Sqlite.Connections;

/// <summary>
/// The one call that SQLitePCLRaw leaves out: what the operating system said when SQLite says "I/O error".
/// </summary>
internal static partial class NativeErrors
{
    [LibraryImport("e_sqlite3", EntryPoint = "sqlite3_system_errno")]
    [DefaultDllImportSearchPaths(DllImportSearchPath.SafeDirectories)]
    public static partial int SystemErrno(sqlite3 connection);
}
