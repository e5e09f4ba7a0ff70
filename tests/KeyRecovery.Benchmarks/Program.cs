using System.Globalization;
using KeyRecovery.Benchmarks;

// Prints ratios from one run (docs/performance.md). Run it alone on a quiet machine, in Release:
//   dotnet run -c Release --project tests/KeyRecovery.Benchmarks
CultureInfo.CurrentCulture = CultureInfo.InvariantCulture;
if (args is ["null-server"])
{
    await NullServer.RunAsync();
    return 0;
}

var report = new Report();
report.Machine();
SealBenchmarks.Run(report);
await VaultReadBenchmark.RunAsync(report);
await CommitBenchmark.RunAsync(report);
return report.End();
