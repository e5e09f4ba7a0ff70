using System.Runtime.InteropServices;
using SQLitePCL;

namespace KeyRecovery.Storage.Tests.Support;

/// <summary>
/// The system calls by which SQLite changes files, on which one, or one and all behind it, can fail for the files of a
/// folder: SQLite lets tests put their own in place of them (<c>xSetSystemCall</c> of <c>sqlite3_vfs</c>). Nothing
/// happens to files of other folders. Linux on 64 bits.
/// </summary>
internal static class SystemCalls
{
    // In the structure sqlite3_vfs, version 3.
    private const int SetSystemCall = 144, GetSystemCall = 152;

    // Kept for as long as SQLite may call them.
    private static readonly List<Delegate> Standing = [];
    private static readonly Lock Gate = new();
    private static volatile SystemCallFault[] _faults = [];

    private delegate int SetCall(nint vfs, string name, nint call);

    private delegate nint GetCall(nint vfs, string name);

    private delegate nint Write(int file, nint bytes, nint count);

    private delegate nint WriteAt(int file, nint bytes, nint count, long offset);

    private delegate int Truncate(int file, long size);

    private delegate int Open(nint path, int flags, int mode);

    private delegate int Unlink(nint path);

    static SystemCalls()
    {
        Batteries_V2.Init();
        Replace<Write>("write", real => (file, bytes, count) => Fails(NameOf(file)) ? -1 : real(file, bytes, count));
        foreach (var name in new[] { "pwrite", "pwrite64" })
            Replace<WriteAt>(name, real => (file, bytes, count, offset) =>
                Fails(NameOf(file)) ? -1 : real(file, bytes, count, offset));
        Replace<Truncate>("ftruncate", real => (file, size) => Fails(NameOf(file)) ? -1 : real(file, size));
        Replace<Open>("open", real => (path, flags, mode) =>
            // What is opened to be read is not changed.
            (flags & 3) != 0 && Fails(Marshal.PtrToStringUTF8(path)) ? -1 : real(path, flags, mode));
        Replace<Unlink>("unlink", real => path => Fails(Marshal.PtrToStringUTF8(path)) ? -1 : real(path));
    }

    /// <summary>Lets a fault stand until it is disposed.</summary>
    public static IDisposable Begin(SystemCallFault fault)
    {
        lock (Gate) _faults = [.. _faults, fault];
        return new Ending(fault);
    }

    private static bool Fails(string? path)
    {
        foreach (var fault in _faults)
        {
            if (path is null || !path.StartsWith(fault.Folder, StringComparison.Ordinal) || !fault.Next()) continue;
            Marshal.SetLastSystemError(fault.Error);
            return true;
        }

        return false;
    }

    private static string? NameOf(int file) =>
        _faults.Length == 0 ? null : new FileInfo($"/proc/self/fd/{file}").LinkTarget;

    private static void Replace<T>(string name, Func<T, T> with)
        where T : Delegate
    {
        var vfs = Find(0);
        var real = At<GetCall>(vfs, GetSystemCall)(vfs, name);
        // A build has one way to write.
        if (real == 0) return;
        var call = with(Marshal.GetDelegateForFunctionPointer<T>(real));
        Standing.Add(call);
        Assert.Equal(
            raw.SQLITE_OK,
            At<SetCall>(vfs, SetSystemCall)(vfs, name, Marshal.GetFunctionPointerForDelegate(call)));
    }

    private static T At<T>(nint vfs, int offset) =>
        Marshal.GetDelegateForFunctionPointer<T>(Marshal.ReadIntPtr(vfs, offset));

    [DllImport("e_sqlite3", EntryPoint = "sqlite3_vfs_find")]
    [DefaultDllImportSearchPaths(DllImportSearchPath.SafeDirectories)]
    private static extern nint Find(nint name);

    private sealed class Ending(SystemCallFault fault) : IDisposable
    {
        public void Dispose()
        {
            lock (Gate) _faults = [.. _faults.Where(f => f != fault)];
        }
    }
}

/// <summary>A system call that fails.</summary>
/// <param name="folder">Of whose files.</param>
/// <param name="error">As in <c>errno</c>.</param>
/// <param name="at">Which, from 1.</param>
/// <param name="stays">Whether all behind it fail as well.</param>
internal sealed class SystemCallFault(string folder, int error, int at, bool stays)
{
    private int _calls;

    public string Folder => folder;

    public int Error => error;

    /// <summary>Whether a call has failed.</summary>
    public bool HasStruck => Volatile.Read(ref _calls) >= at;

    public bool Next() => Interlocked.Increment(ref _calls) is var call && (call == at || (stays && call > at));
}
