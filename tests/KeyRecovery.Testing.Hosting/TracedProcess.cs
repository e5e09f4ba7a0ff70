using System.ComponentModel;
using System.Diagnostics;
using System.Globalization;
using System.Runtime.InteropServices;

namespace KeyRecovery.Testing.Hosting;

/// <summary>
/// A program that is stopped when it has done all and ends (<c>ptrace(2)</c>, PTRACE_O_TRACEEXIT): what it left in its
/// memory can be looked at there, before the system takes it. Linux, with the right to trace.
/// </summary>
public sealed class TracedProcess : IDisposable
{
    // The program waits for a word, by when it is traced; it is not this process's own child, whose end .NET awaits.
    private const string Script = """
        exec 3<&0
        sh -c 'read -r _ < "$0"; exec "$@"' "$0" "$@" <&3 &
        program=$!
        echo $program > "$0.id.new"; mv "$0.id.new" "$0.id"
        exec 3<&-
        wait $program
        """;

    private const nint Seize = 0x4206;
    private const nint Continue = 7;
    private const nint TraceExit = 0x40;
    private const int AllThreads = 0x40000000;
    private const int ExitEvent = 6;
    private const int StoppedState = 0x7f;
    private const int Trap = 5;

    private static readonly TimeSpan Limit = TimeSpan.FromMinutes(2);

    private readonly TempFolder _folder = new();
    private readonly TaskCompletionSource<int> _traced = new(TaskCreationOptions.RunContinuationsAsynchronously);
    private readonly TaskCompletionSource _ended = new(TaskCreationOptions.RunContinuationsAsynchronously);
    private readonly Action<int> _look;

    /// <summary>Starts a program.</summary>
    /// <param name="look">Given its process id when it is about to end; called once.</param>
    /// <param name="command">The program and its arguments.</param>
    public TracedProcess(Action<int> look, params string[] command)
    {
        _look = look;
        using (var made = Process.Start("mkfifo", ["-m", "600", _folder["go"]])) made.WaitForExit();
        Process = Process.Start(new ProcessStartInfo("sh", ["-c", Script, _folder["go"], .. command])
        {
            RedirectStandardInput = true, RedirectStandardOutput = true, RedirectStandardError = true,
        })!;
        // All calls of a tracer come from one thread of the system's.
        new Thread(Trace) { IsBackground = true }.Start();
    }

    /// <summary>Its standard input, output and error, and its exit code; not its process id.</summary>
    public Process Process { get; }

    /// <summary>Its process id, once it runs.</summary>
    public Task<int> Id => _traced.Task.WaitAsync(Limit);

    /// <summary>Waits until it was looked at and has ended.</summary>
    /// <returns>Its exit code.</returns>
    public async Task<int> EndAsync()
    {
        await _ended.Task.WaitAsync(Limit);
        await Process.WaitForExitAsync().WaitAsync(Limit);
        return Process.ExitCode;
    }

    /// <inheritdoc/>
    public void Dispose()
    {
        if (!Process.HasExited) Process.Kill(entireProcessTree: true);
        Process.Dispose();
        _folder.Dispose();
    }

    private void Trace()
    {
        try
        {
            var id = ReadId();
            Check(NativeTrace(Seize, id, 0, TraceExit));
            _traced.SetResult(id);
            using (var go = Process.Start("sh", ["-c", "echo go > \"$0\"", _folder["go"]])) go.WaitForExit();
            var wasLookedAt = false;
            while (true)
            {
                Check(NativeWait(id, out var status, AllThreads));
                if ((status & 0xff) != StoppedState) break;
                var (signal, happened) = ((status >> 8) & 0xff, status >> 16);
                if (happened == ExitEvent)
                {
                    _look(id);
                    wasLookedAt = true;
                }
                // Signals are the program's own; stops of the tracing are not.
                Check(NativeTrace(Continue, id, 0, happened != 0 || signal == Trap ? 0 : signal));
            }
            if (wasLookedAt) _ended.SetResult();
            else _ended.SetException(new InvalidOperationException("it ended without being seen"));
        }
        catch (Exception e)
        {
            _traced.TrySetException(e);
            _ended.TrySetException(e);
        }
    }

    private int ReadId()
    {
        var file = _folder["go.id"];
        if (!SpinWait.SpinUntil(() => File.Exists(file), Limit)) throw new TimeoutException("it did not start");
        return int.Parse(File.ReadAllText(file), CultureInfo.InvariantCulture);
    }

    private static void Check(long result)
    {
        if (result < 0) throw new Win32Exception(Marshal.GetLastPInvokeError());
    }

    [DllImport("libc", EntryPoint = "ptrace", SetLastError = true)]
    [DefaultDllImportSearchPaths(DllImportSearchPath.SafeDirectories)]
    private static extern nint NativeTrace(nint request, nint process, nint address, nint data);

    [DllImport("libc", EntryPoint = "waitpid", SetLastError = true)]
    [DefaultDllImportSearchPaths(DllImportSearchPath.SafeDirectories)]
    private static extern int NativeWait(int process, out int status, int options);
}
