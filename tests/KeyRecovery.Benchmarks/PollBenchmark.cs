using System.Text;
using KeyRecovery.Testing.Hosting;

namespace KeyRecovery.Benchmarks;

/// <summary>
/// What ten thousand idle long polls cost the relay, and what they cost a Kestrel that merely waits: client and server
/// in processes of their own, the same garbage collector in both servers. The relay keeps 4,096 sessions, so that each
/// has four polls here and not two.
/// </summary>
internal static class PollBenchmark
{
    private const int Polls = 10_000;
    private const int PollsEach = 4;
    private const int Warming = 400;
    private const int Rounds = 3;

    public static async Task RunAsync(Report report)
    {
        var (ours, bare, sessions) = (new List<double>(), new List<double>(), new List<double>());
        for (var round = 0; round < Rounds; round++)
        {
            var (poll, session) = await OursAsync();
            ours.Add(poll);
            sessions.Add(session);
            bare.Add(await BareAsync());
        }
        var (relay, kestrel) = (Throughput.Median(ours), Throughput.Median(bare));
        report.Figure($"an idle long poll of the relay, one of {Polls:N0}", relay / 1024, "KiB");
        report.Figure("the session beside it, of four polls", Throughput.Median(sessions) / 1024, "KiB");
        report.Figure("an idle long poll of a bare Kestrel", kestrel / 1024, "KiB");
        report.AtMost("memory of an idle long poll / bare Kestrel's", relay / kestrel, "", 1.25);
    }

    private static async Task<(double Poll, double Session)> OursAsync()
    {
        using var folder = new TempFolder();
        await using var server = await ServerProcess.StartAsync(folder["data"]);
        var warm = await SessionsAsync(server, "warm", Warming / PollsEach);
        await using (await PollClient.SendAsync(server.Address, Requests(warm, "waitMs=1"))) await Task.Delay(1000);
        var before = await ProcessMemory.SettledAsync(server.Id);
        var links = await SessionsAsync(server, "linker", Polls / PollsEach);
        var opened = await ProcessMemory.SettledAsync(server.Id);
        var waiting = await WaitingAsync(server.Address, Requests(links, "waitMs=25000"), server.Id);
        return ((double)(waiting - opened) / Polls, (double)(opened - before) / links.Count);
    }

    private static async Task<double> BareAsync()
    {
        await using var server = await NullServer.StartAsync(likeTheHost: true);
        await using (await PollClient.SendAsync(server.Address, Enumerable.Repeat(Wait(server.Address, 1), Warming)))
            await Task.Delay(1000);
        var before = await ProcessMemory.SettledAsync(server.Id);
        var waiting = await WaitingAsync(
            server.Address, Enumerable.Repeat(Wait(server.Address, 25_000), Polls), server.Id);
        return (double)(waiting - before) / Polls;
    }

    private static async Task<long> WaitingAsync(Uri server, IEnumerable<byte[]> requests, int process)
    {
        await using var client = await PollClient.SendAsync(server, requests);
        var memory = await ProcessMemory.SettledAsync(process);
        if (await client.AnsweredAsync() is var answered and not 0)
            throw new InvalidOperationException($"{answered} polls were answered and not idle");
        return memory;
    }

    private static async Task<List<PreparedLink>> SessionsAsync(ServerProcess server, string name, int count)
    {
        var links = new List<PreparedLink>();
        var gate = new Lock();
        await Parallel.ForAsync(0, count / PreparedLink.PerAccount, async (i, _) =>
        {
            var opened = await PreparedLink.OpenAsync(server, $"{name} {i}");
            lock (gate) links.AddRange(opened);
        });
        return links;
    }

    private static IEnumerable<byte[]> Requests(IEnumerable<PreparedLink> links, string wait) =>
        links.SelectMany(link =>
            Enumerable.Range(0, PollsEach).Select(i => link.Wait("en"[i % 2], i / 2, wait)));

    private static byte[] Wait(Uri server, int milliseconds) =>
        Encoding.ASCII.GetBytes($"GET /wait?waitMs={milliseconds} HTTP/1.1\r\nHost: {server.Authority}\r\n\r\n");
}
