using System.Diagnostics;
using System.Globalization;
using KeyRecovery.Protocol.Passphrases;

namespace KeyRecovery.Benchmarks;

/// <summary>
/// Argon2id against Debian's <c>argon2</c> at the same parameters, and the memory that it takes at its peak.
/// </summary>
internal static class StretchBenchmark
{
    private const int Rounds = 7;

    public static async Task RunAsync(Report report)
    {
        foreach (var (name, profile, goal) in new[] {
            ("standard", StretchProfile.Standard, 1.0), ("mobile", StretchProfile.Mobile, 0.7),
        })
        {
            var (ours, theirs) = (new List<double>(), new List<double>());
            Stretch(profile);
            // Turn about, so that both meet the same machine.
            for (var round = 0; round < Rounds; round++)
            {
                ours.Add(Stretch(profile));
                theirs.Add(await ReferenceAsync(profile));
            }
            var peak = await PeakAsync(name);
            report.Figure($"Argon2id, {name}", 1000 * Throughput.Median(ours), "ms");
            report.Figure($"Debian's argon2, {name}", 1000 * Throughput.Median(theirs), "ms");
            report.AtMost($"Argon2id, {name} / argon2", Throughput.Median(ours) / Throughput.Median(theirs), "", goal);
            report.AtMost($"peak memory beyond m, {name}", peak - profile.MemoryKiB / 1024.0, " MiB", 8);
        }
    }

    /// <summary>
    /// Stretches once in a process of its own and prints by how many KiB its peak was above what it had before.
    /// </summary>
    public static void MeasurePeak(string name)
    {
        var profile = name == "standard" ? StretchProfile.Standard : StretchProfile.Mobile;
        // Code and libraries are loaded by a stretch that is as small as it may be.
        Stretch(new StretchProfile(2, StretchProfile.MinMemoryKiB, profile.Lanes));
        GC.Collect(GC.MaxGeneration, GCCollectionMode.Aggressive, blocking: true, compacting: true);
        File.WriteAllText("/proc/self/clear_refs", "5");
        var before = Status("VmRSS");
        Stretch(profile);
        Console.WriteLine(Status("VmHWM") - before);
    }

    private static double Stretch(StretchProfile profile)
    {
        Span<byte> output = stackalloc byte[32];
        var start = Stopwatch.GetTimestamp();
        Argon2id.Derive("correct horse battery staple"u8, "0123456789abcdef"u8, profile, output);
        return Stopwatch.GetElapsedTime(start).TotalSeconds;
    }

    private static async Task<double> ReferenceAsync(StretchProfile profile)
    {
        var arguments = string.Create(
            CultureInfo.InvariantCulture,
            $"0123456789abcdef -id -v 13 -l 32 -t {profile.Passes} -k {profile.MemoryKiB} -p {profile.Lanes}");
        using var process = Process.Start(
            new ProcessStartInfo("argon2", arguments) { RedirectStandardInput = true, RedirectStandardOutput = true })!;
        await process.StandardInput.WriteAsync("correct horse battery staple");
        process.StandardInput.Close();
        var output = await process.StandardOutput.ReadToEndAsync();
        await process.WaitForExitAsync();
        // Its own clock, around the hash alone: "0.123 seconds".
        var line = output.Split('\n').Single(l => l.EndsWith("seconds", StringComparison.Ordinal));
        return double.Parse(line.Split(' ')[0], CultureInfo.InvariantCulture);
    }

    private static async Task<double> PeakAsync(string name)
    {
        using var process =
            Process.Start(
                new ProcessStartInfo("dotnet",
                    [typeof(StretchBenchmark).Assembly.Location, "stretch-peak", name]) {
                        RedirectStandardOutput = true,
                    })!;
        var output = await process.StandardOutput.ReadToEndAsync();
        await process.WaitForExitAsync();
        return double.Parse(output, CultureInfo.InvariantCulture) / 1024;
    }

    private static long Status(string field) => long.Parse(
        File.ReadLines("/proc/self/status").Single(l => l.StartsWith(field + ":", StringComparison.Ordinal))
            .Split(' ', StringSplitOptions.RemoveEmptyEntries)[1],
        CultureInfo.InvariantCulture);
}
