using System.Diagnostics;

namespace KeyRecovery.Storage.Tests.Support;

/// <summary>The tools that make real faults: mount, umount, chattr.</summary>
public static class Shell
{
    /// <summary>Null if it worked, or why not.</summary>
    public static string? Try(string command, params string[] arguments)
    {
        try
        {
            using var process =
                Process.Start(new ProcessStartInfo(command, arguments) { RedirectStandardError = true })!;
            var error = process.StandardError.ReadToEnd();
            process.WaitForExit();
            return process.ExitCode == 0 ? null : $"{command}: exit code {process.ExitCode}, {error.Trim()}";
        }
        catch (System.ComponentModel.Win32Exception e)
        {
            return $"{command}: {e.Message}";
        }
    }
}
