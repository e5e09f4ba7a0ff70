using System.Runtime.InteropServices;

namespace KeyRecovery.Benchmarks;

/// <summary>Lines of one run: what, how many a second, against what, the ratio, and the goal.</summary>
internal sealed class Report
{
    private int _missed;

    public void Machine() => Console.WriteLine(
        $"{RuntimeInformation.FrameworkDescription}, {Environment.ProcessorCount} cores, {RuntimeInformation.OSDescription}");

    public void Figure(string what, double perSecond) => Console.WriteLine($"  {what,-58} {perSecond,12:N0}/s");

    public void Ratio(string what, double ratio, double goal)
    {
        var reached = ratio >= goal;
        if (!reached) _missed++;
        Console.WriteLine($"{what,-60} {ratio,8:0.00}   goal ≥ {goal:0.00}   {(reached ? "reached" : "MISSED")}");
    }

    public int End()
    {
        Console.WriteLine(_missed == 0 ? "every goal reached" : $"{_missed} goals missed");
        return 0;
    }
}
