using System.Globalization;
using KeyRecovery.Benchmarks;

// Prints ratios from one run (docs/performance.md). Run it alone on a quiet machine, in Release:
//   dotnet run -c Release --project tests/KeyRecovery.Benchmarks [seals] [links] [chains] [trails] [wakes] [oprf]
// [polls] [sessions] [reads] [items] [commits] [realms] [stretch] [recovery] [rotation] [erasures] [erasing] [log]
// [appends] [instances] [offline] [feeds]
CultureInfo.CurrentCulture = CultureInfo.InvariantCulture;
switch (args)
{
    case ["null-server"]:
        await NullServer.RunAsync();
        return 0;
    case ["stretch-peak", var profile]:
        StretchBenchmark.MeasurePeak(profile);
        return 0;
    case ["poll-client", var server]:
        await PollClient.RunAsync(new Uri(server));
        return 0;
}

var report = new Report();
report.Machine();
if (Wanted("seals")) SealBenchmarks.Run(report);
if (Wanted("links")) LinkBenchmark.Run(report);
if (Wanted("chains")) await ChainBenchmark.RunAsync(report);
if (Wanted("trails")) TrailBenchmark.Run(report);
if (Wanted("oprf")) OprfBenchmark.Run(report);
if (Wanted("wakes")) await WakeBenchmark.RunAsync(report);
if (Wanted("polls")) await PollBenchmark.RunAsync(report);
if (Wanted("sessions")) await SessionBenchmark.RunAsync(report);
if (Wanted("reads")) await VaultReadBenchmark.RunAsync(report);
if (Wanted("items")) await ItemReadBenchmark.RunAsync(report);
if (Wanted("commits")) await CommitBenchmark.RunAsync(report);
if (Wanted("realms")) await RealmBenchmark.RunAsync(report);
if (Wanted("stretch")) await StretchBenchmark.RunAsync(report);
if (Wanted("recovery")) await RecoveryBenchmark.RunAsync(report);
if (Wanted("rotation")) await RotationBenchmark.RunAsync(report);
if (Wanted("erasures")) await ErasureBenchmark.RunAsync(report);
if (Wanted("erasures") || Wanted("erasing")) await ErasureLoadBenchmark.RunAsync(report);
if (Wanted("log")) await LogBenchmark.RunAsync(report);
if (Wanted("appends")) await LogAppendBenchmark.RunAsync(report);
if (Wanted("instances")) await InstanceBenchmark.RunAsync(report);
if (Wanted("offline")) await OfflineBenchmark.RunAsync(report);
if (Wanted("feeds")) await FeedBenchmark.RunAsync(report);

return report.End();

bool Wanted(string name) => args.Length == 0 || args.Contains(name);
