using System.Runtime.InteropServices;

namespace KeyRecovery.Testing;

/// <summary>Signals to another process (signal(7), as Linux numbers them on all that .NET runs on).</summary>
public static class Signals
{
    private const int TerminateSignal = 15;
    private const int ContinueSignal = 18;
    private const int StopSignal = 19;

    /// <summary>Lets it stand still in whatever it does (SIGSTOP), and waits until all its threads do.</summary>
    public static async Task FreezeAsync(int process)
    {
        Send(process, StopSignal);
        for (var end = DateTime.UtcNow + TimeSpan.FromMinutes(1); !StandsStill(process); await Task.Delay(1))
            if (DateTime.UtcNow > end) throw new TimeoutException("the process does not stand still");
    }

    /// <summary>Lets it go on (SIGCONT).</summary>
    public static void GoOn(int process) => Send(process, ContinueSignal);

    /// <summary>Asks it to stop (SIGTERM).</summary>
    public static void Terminate(int process) => Send(process, TerminateSignal);

    private static void Send(int process, int signal)
    {
        if (Kill(process, signal) != 0)
            throw new InvalidOperationException($"no signal reaches it: error {Marshal.GetLastPInvokeError()}");
    }

    // The state stands behind the name, which is in brackets (proc(5)). A thread may end meanwhile.
    private static bool StandsStill(int process) =>
        Directory.EnumerateDirectories($"/proc/{process}/task").All(thread =>
        {
            try
            {
                var stat = File.ReadAllText($"{thread}/stat");
                return stat[stat.LastIndexOf(')') + 2] == 'T';
            }
            catch (IOException)
            {
                return true;
            }
        });

    [DllImport("libc", EntryPoint = "kill", SetLastError = true)]
    private static extern int Kill(int process, int signal);
}
