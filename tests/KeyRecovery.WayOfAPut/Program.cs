using System.Reflection;
using KeyRecovery.Client;
using KeyRecovery.Protocol.Vault;
using KeyRecovery.Testing.Hosting;
using KeyRecovery.WayOfAPut;

// Measures which files a put passes, on a device and on a real server process, and compares with docs/way-of-a-put.md:
// see .ci/way-of-a-put, which builds this with every method telling that it ran.
const int Rounds = 3;

var tells = typeof(Limits).Assembly.GetType("Microsoft.CodeAnalysis.Runtime.Instrumentation");
if (tells is null)
{
    Console.Error.WriteLine("this build does not tell what ran: run .ci/way-of-a-put");
    return 2;
}

using var folder = new TempFolder();
var asked = Directory.CreateDirectory(folder["asked"]).FullName;
await using var server = await ServerProcess.StartAsync(
    folder["data"], 0, new Dictionary<string, string> { ["KEYRECOVERY_WAY"] = asked });
using var device = new TestDevice(server.Address);
using (await device.CreateAsync(await server.TokenAsync("put"), null, "phone")) { }
using var vault = await device.OpenAsync();
TestDevice.Value(await vault.PutAsync("a", new byte[100]));

// What a timer does meanwhile is not in every round.
HashSet<string>? onDevice = null, onServer = null;
for (var round = 1; round <= Rounds; round++)
{
    await AskAsync("forget");
    tells.GetMethod("Forget")!.Invoke(null, null);
    TestDevice.Value(await vault.PutAsync("a", new byte[100 + round]));
    var here = RanFiles.Of((IEnumerable<string>)tells.GetMethod("Tell")!.Invoke(null, null)!);
    // Its line is written, and its connection is free, a moment after the answer.
    await Task.Delay(TimeSpan.FromSeconds(1));
    await AskAsync("tell");
    var there = RanFiles.Of(await File.ReadAllLinesAsync(Path.Combine(asked, "told")));
    if (onDevice is null) (onDevice, onServer) = (here, there);
    onDevice.IntersectWith(here);
    onServer!.IntersectWith(there);
}

var page = await File.ReadAllLinesAsync(args[0]);
var isSame = PageSection.Of(page, "## On the device").Compare(onDevice!)
    & PageSection.Of(page, "## On the server").Compare(onServer!);
Console.WriteLine(isSame ? "the page is what was measured" : "the page is not what was measured");
return isSame ? 0 : 1;

async Task AskAsync(string question)
{
    var path = Path.Combine(asked, question);
    await File.WriteAllTextAsync(path, "");
    while (File.Exists(path)) await Task.Delay(10);
}
