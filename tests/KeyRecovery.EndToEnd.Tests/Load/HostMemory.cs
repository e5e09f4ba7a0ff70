using System.Globalization;

namespace KeyRecovery.EndToEnd.Tests.Load;

/// <summary>What a process takes, by <c>/proc</c>.</summary>
internal static class HostMemory
{
    /// <summary>The most that it ever had resident, in MiB.</summary>
    public static long PeakMiB(int process)
    {
        var line = File.ReadLines($"/proc/{process}/status")
            .First(l => l.StartsWith("VmHWM:", StringComparison.Ordinal));
        return long.Parse(
            line["VmHWM:".Length..].Replace("kB", "", StringComparison.Ordinal), CultureInfo.InvariantCulture) / 1024;
    }
}
