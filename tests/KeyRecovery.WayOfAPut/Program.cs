using System.Diagnostics;
using KeyRecovery.Testing.Hosting;
using KeyRecovery.WayOfAPut;

// Measures which files a put passes, on a device and on a real server process, and compares with docs/way-of-a-put.md:
// see .ci/way-of-a-put, which builds this with every method telling that it ran.
const int Rounds = 5, MostRounds = 50;
// Of the timers that no put begins anew (the sweep of link sessions), in seconds.
const int ShortestPeriod = 5;

if (WatchedServer.Here() is not { } here)
{
    Console.Error.WriteLine("this build does not tell what ran: run .ci/way-of-a-put");
    return 2;
}

using var folder = new TempFolder();
var asked = Directory.CreateDirectory(folder["asked"]).FullName;
await using var server = await ServerProcess.StartAsync(
    folder["data"], 0, new Dictionary<string, string> { [WatchedServer.Variable] = asked });
var watched = new WatchedServer(asked);
using var device = new TestDevice(server.Address);
using (await device.CreateAsync(await server.TokenAsync("put"), null, "phone")) { }
// The log has the account's beginning, and the device that opens it then remembers the log.
await watched.RestAsync();
using var vault = await device.OpenAsync();
// An item with older versions.
for (var version = 1; version <= 4; version++) TestDevice.Value(await vault.PutAsync("a", new byte[100 + version]));
await watched.RestAsync();

// A timer is not in every round: one after another they take less time than as many of its periods. Those timers that
// a put wakes begin anew with it.
List<HashSet<string>> onDevice = [], onServer = [];
var clock = Stopwatch.StartNew();
while (onServer.Count < Rounds || clock.Elapsed.TotalSeconds >= (onServer.Count - 1) * ShortestPeriod)
{
    if (onServer.Count == MostRounds) throw new TimeoutException("a round takes as long as a timer's period");
    here();
    TestDevice.Value(await vault.PutAsync("a", new byte[100 + onServer.Count]));
    onDevice.Add(RanFiles.Of(here()));
    onServer.Add(RanFiles.Of(await watched.RestAsync()));
}

Console.WriteLine($"{onServer.Count} rounds in {clock.Elapsed.TotalSeconds:0} seconds");
var page = await File.ReadAllLinesAsync(args[0]);
var isSame = PageSection.Of(page, "## On the device").Compare(onDevice)
    & PageSection.Of(page, "## On the server").Compare(onServer);
Console.WriteLine(isSame ? "the page is what was measured" : "the page is not what was measured");
return isSame ? 0 : 1;
