using System.Diagnostics;
using KeyRecovery.Protocol.Vault;

namespace KeyRecovery.WayOfAPut;

/// <summary>A server process that tells what ran in it.</summary>
/// <param name="folder">Where it is asked: the value of <see cref="Variable"/> in its environment.</param>
internal sealed class WatchedServer(string folder)
{
    /// <summary>Names the folder to the process.</summary>
    public const string Variable = "KEYRECOVERY_WAY";

    // Longer than whatever a put has begun waits for its next step (the log: a second and a quarter), and much shorter
    // than the timers' periods (5 seconds and more). A process that gets no turn answers nothing, and does not rest.
    private static readonly TimeSpan Quiet = TimeSpan.FromSeconds(1.5);
    private const int QuietAnswers = 5;

    private static readonly TimeSpan Pause = TimeSpan.FromMilliseconds(100);
    private static readonly TimeSpan Patience = TimeSpan.FromMinutes(2);

    /// <summary>What tells of this process what ran since it was called last; null in a usual build.</summary>
    public static Func<IReadOnlyList<string>>? Here() =>
        typeof(Limits).Assembly.GetType("Microsoft.CodeAnalysis.Runtime.Instrumentation")?.GetMethod("Take")
            ?.CreateDelegate<Func<IReadOnlyList<string>>>();

    /// <summary>Waits until nothing runs any more.</summary>
    /// <returns>What ran since it rested last.</returns>
    /// <exception cref="TimeoutException">It does not come to rest.</exception>
    public async Task<IReadOnlyList<string>> RestAsync()
    {
        var begin = Stopwatch.GetTimestamp();
        var (ran, last, answers) = (new HashSet<string>(), begin, 0);
        while (answers < QuietAnswers || Stopwatch.GetElapsedTime(last) < Quiet)
        {
            await Task.Delay(Pause);
            var told = await TakeAsync();
            answers++;
            if (told.Length == 0) continue;
            if (Stopwatch.GetElapsedTime(begin) > Patience)
                throw new TimeoutException($"always runs: {string.Join(", ", RanFiles.Of(told))}");
            ran.UnionWith(told);
            (last, answers) = (Stopwatch.GetTimestamp(), 0);
        }

        return [.. ran];
    }

    private async Task<string[]> TakeAsync()
    {
        var asked = Path.Combine(folder, "asked");
        await File.WriteAllTextAsync(asked, "");
        while (File.Exists(asked)) await Task.Delay(10);
        return await File.ReadAllLinesAsync(Path.Combine(folder, "told"));
    }
}
