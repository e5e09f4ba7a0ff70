using KeyRecovery.Service.Stores;
using static SQLitePCL.raw;

namespace KeyRecovery.Storage.Sqlite.Connections;

/// <summary>An error of SQLite, classified. Its message names codes only: no value, no id, no path.</summary>
internal sealed class SqliteFaultException(int extendedCode, int errno, bool isOpen)
    : Exception($"SQLite error {extendedCode} ({sqlite3_errstr(extendedCode & 0xFF).utf8_to_string()}), errno {errno}")
{
    public StoreFault Reason { get; } = Classify(extendedCode & 0xFF, errno, isOpen);

    private static StoreFault Classify(int code, int errno, bool isOpen) => code switch
    {
        SQLITE_FULL => StoreFault.Full,
        SQLITE_READONLY => StoreFault.ReadOnly,
        SQLITE_BUSY or SQLITE_LOCKED => StoreFault.Busy,
        // What the operating system said; SQLite keeps the number only for these two.
        SQLITE_IOERR or SQLITE_CANTOPEN => errno switch
        {
            Errno.NoSpace or Errno.Quota => StoreFault.Full,
            Errno.ReadOnlyFileSystem or Errno.NotPermitted or Errno.AccessDenied => StoreFault.ReadOnly,
            // The file is open, so it is its journal that could not be made, and after that not be found for reading.
            Errno.NoEntry when code == SQLITE_CANTOPEN && isOpen => StoreFault.ReadOnly,
            _ => StoreFault.Failed,
        },
        _ => StoreFault.Failed,
    };

    private static class Errno
    {
        public const int NotPermitted = 1;
        public const int NoEntry = 2;
        public const int AccessDenied = 13;
        public const int NoSpace = 28;
        public const int ReadOnlyFileSystem = 30;
        public const int Quota = 122;
    }
}
