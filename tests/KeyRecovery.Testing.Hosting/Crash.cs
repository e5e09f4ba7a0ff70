using System.Diagnostics;

namespace KeyRecovery.Testing.Hosting;

/// <summary>Lets a program crash where nothing limits core files, and tells whether the system wrote one.</summary>
public static class Crash
{
    // The shell says of what it waited for whether a core was written, whatever the system calls it and puts it. .NET
    // swallows the first signal, and the next one ends it.
    private const string Script = """
        cd "$1"; ready=$2; shift 2; ulimit -c unlimited
        "$@" >ready 2>&1 & program=$!
        for i in $(seq 600); do grep -q "$ready" ready && break; sleep 0.1; done
        grep -q "$ready" ready || { cat ready; kill -KILL $program; exit 1; }
        for i in $(seq 100); do
          kill -ABRT $program; sleep 0.1; grep -q 'State:.[^Z]' /proc/$program/status || break
        done
        kill -KILL $program; wait $program; exit 0
        """;

    /// <summary>Starts the command, waits for a line with <paramref name="ready"/>, and aborts it.</summary>
    public static async Task<bool> WritesCoreAsync(string folder, string ready, params string[] command)
    {
        using var shell = Process.Start(new ProcessStartInfo("bash", ["-c", Script, "crash", folder, ready, .. command])
        {
            RedirectStandardError = true, RedirectStandardOutput = true,
        })!;
        var told = shell.StandardOutput.ReadToEndAsync();
        var error = await shell.StandardError.ReadToEndAsync();
        await shell.WaitForExitAsync();
        if (shell.ExitCode != 0 || !error.Contains("Aborted", StringComparison.Ordinal))
            throw new InvalidOperationException($"it did not crash: {await told}{error}");
        foreach (var core in Directory.GetFiles(folder, "core*")) File.Delete(core);
        return error.Contains("core dumped", StringComparison.Ordinal);
    }
}
