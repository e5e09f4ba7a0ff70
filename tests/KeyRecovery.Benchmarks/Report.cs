using System.Runtime.InteropServices;

namespace KeyRecovery.Benchmarks;

/// <summary>Lines of one run: what, how many a second, against what, the ratio, and the goal.</summary>
internal sealed class Report
{
    private int _missed;

    public void Machine() => Console.WriteLine(
        $"{RuntimeInformation.FrameworkDescription}, {Environment.ProcessorCount} cores, "
        + $"{RuntimeInformation.OSDescription}");

    public void Figure(string what, double perSecond) => Console.WriteLine($"  {what,-58} {perSecond,12:N0}/s");

    public void Figure(string what, double value, string unit) =>
        Console.WriteLine($"  {what,-58} {value,12:N2} {unit}");

    public void Ratio(string what, double ratio) => Console.WriteLine($"{what,-60} {ratio,8:0.00}   no goal");

    public void Ratio(string what, double ratio, double goal) =>
        Console.WriteLine($"{what,-60} {ratio,8:0.00}   goal ≥ {goal:0.00}   {Verdict(ratio >= goal)}");

    public void AtMost(string what, double value, string unit, double goal) =>
        Console.WriteLine($"{what,-60} {value,8:0.00}{unit}   goal ≤ {goal:0.00}{unit}   {Verdict(value <= goal)}");

    private string Verdict(bool reached)
    {
        if (!reached) _missed++;
        return reached ? "reached" : "MISSED";
    }

    public int End()
    {
        Console.WriteLine(_missed == 0 ? "every goal reached" : $"{_missed} goals missed");
        return 0;
    }
}
