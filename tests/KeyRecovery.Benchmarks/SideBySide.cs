using System.Diagnostics;

namespace KeyRecovery.Benchmarks;

/// <summary>What something takes once, in milliseconds: by the clock, and of all processors.</summary>
internal readonly record struct Cost(double Milliseconds, double Processor);

/// <summary>Two things done in turn, so that both see the same machine.</summary>
internal static class SideBySide
{
    private const int Rounds = 9;

    /// <summary>The medians, after a first round that does not count.</summary>
    public static (Cost A, Cost B) Compare(Action a, Action b)
    {
        var (ofA, ofB) = (new List<Cost>(), new List<Cost>());
        for (var round = 0; round <= Rounds; round++)
        {
            ofA.Add(Measure(a));
            ofB.Add(Measure(b));
        }
        return (Median(ofA.Skip(1)), Median(ofB.Skip(1)));
    }

    private static Cost Median(IEnumerable<Cost> costs)
    {
        var all = costs.ToList();
        return new Cost(
            Throughput.Median(all.Select(c => c.Milliseconds)), Throughput.Median(all.Select(c => c.Processor)));
    }

    private static Cost Measure(Action work)
    {
        var (watch, processor) = (Stopwatch.StartNew(), Environment.CpuUsage.TotalTime);
        work();
        var used = Environment.CpuUsage.TotalTime - processor;
        return new Cost(watch.Elapsed.TotalMilliseconds, used.TotalMilliseconds);
    }
}
