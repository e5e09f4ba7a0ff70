using System.Diagnostics;

namespace KeyRecovery.Benchmarks;

/// <summary>
/// How often a second something can be done. Alternates what is compared, so that a drifting machine drifts for both.
/// </summary>
internal static class Throughput
{
    private const int Rounds = 7;
    private static readonly TimeSpan Slice = TimeSpan.FromMilliseconds(300);

    /// <summary>
    /// The medians of two things done in turn, on one thread, for a second of a processor: others who want the same
    /// cores take time away, and none of this.
    /// </summary>
    public static (double A, double B) Pair(Action a, Action b)
    {
        Warm(a);
        Warm(b);
        var (ofA, ofB) = (new List<double>(), new List<double>());
        for (var round = 0; round < Rounds; round++)
        {
            ofA.Add(OnceOfProcessor(a));
            ofB.Add(OnceOfProcessor(b));
        }
        return (Median(ofA), Median(ofB));
    }

    /// <summary>The median of something done on every core at once, as a server does it.</summary>
    public static double OnAllCores(Func<Action> make)
    {
        var figures = new List<double>();
        for (var round = 0; round < Rounds; round++)
        {
            var total = 0.0;
            var gate = new Lock();
            Parallel.For(0, Environment.ProcessorCount, _ =>
            {
                var work = make();
                Warm(work);
                var (count, seconds) = Once(work);
                lock (gate) total += count / seconds;
            });
            figures.Add(total);
        }
        return Median(figures);
    }

    public static double Median(IEnumerable<double> values)
    {
        var sorted = values.Order().ToList();
        return sorted[sorted.Count / 2];
    }

    private static void Warm(Action work)
    {
        var watch = Stopwatch.StartNew();
        while (watch.ElapsedMilliseconds < 60) work();
    }

    private static double OnceOfProcessor(Action work)
    {
        var before = Environment.CpuUsage.TotalTime;
        var count = Once(work).Count;
        return count / (Environment.CpuUsage.TotalTime - before).TotalSeconds;
    }

    private static (int Count, double Seconds) Once(Action work)
    {
        var (count, watch) = (0, Stopwatch.StartNew());
        while (watch.Elapsed < Slice)
        {
            work();
            count++;
        }
        return (count, watch.Elapsed.TotalSeconds);
    }
}
