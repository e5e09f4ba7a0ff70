using System.Diagnostics;
using System.Net;
using System.Net.Sockets;
using System.Text;
using KeyRecovery.Testing.Hosting;
using Xunit.Abstractions;

namespace KeyRecovery.EndToEnd.Tests.Load;

/// <summary>F11 and F12: what one account runs at once, and what its unread answers hold, is bounded.</summary>
public sealed class ManyAtOnceTests(LongAccountServer site, ITestOutputHelper output)
    : IClassFixture<LongAccountServer>
{
    private const int AtOnce = 150;
    private const long MostMiB = 400;

    [Fact]
    public async Task F11_of_150_link_commits_at_once_on_a_long_chain_the_others_notice_nothing()
    {
        var (server, http, account) = (site.Server, site.Http, site.Account);
        using var honest = await HonestDevice.CreateAsync(server, "honest");
        var before = HostMemory.PeakMiB(server.Id);
        var alone = await honest.CommitAsync(Task.Delay(TimeSpan.FromSeconds(3)));

        var bodies = Enumerable.Range(0, AtOnce).Select(account.ForgedLink).ToList();
        var watch = Stopwatch.StartNew();
        var storm = Task.WhenAll(bodies.Select(async body =>
        {
            using var request = account.Request(HttpMethod.Post, "/v1/commits", body);
            using var answer = await http.SendAsync(request);
            return answer.StatusCode;
        }));
        var beside = await honest.CommitAsync(storm);
        var (answers, took) = (await storm, watch.Elapsed);

        output.WriteLine(string.Join(", ", answers.GroupBy(a => a).Select(g => $"{(int)g.Key}: {g.Count()}"))
            + $" in {took.TotalSeconds:0.0} s");
        output.WriteLine(
            $"slowest honest commit {beside.Slowest.TotalMilliseconds:0} ms of {beside.Count}, alone "
            + $"{alone.Slowest.TotalMilliseconds:0} ms of {alone.Count}");
        output.WriteLine($"peak {HostMemory.PeakMiB(server.Id)} MiB, before {before} MiB");
        Assert.All(
            answers,
            a => Assert.True(a is HttpStatusCode.UnprocessableEntity or HttpStatusCode.TooManyRequests, $"{a}"));
        Assert.Contains(HttpStatusCode.UnprocessableEntity, answers);
        Assert.InRange(HostMemory.PeakMiB(server.Id), 1, MostMiB);
        Assert.InRange(beside.Slowest - alone.Slowest, TimeSpan.MinValue, TimeSpan.FromSeconds(1));
    }

    [Fact]
    public async Task F12_150_answers_that_nobody_reads_hold_little_and_are_ended()
    {
        var (server, http, account) = (site.Server, site.Http, site.Account);
        using var honest = await HonestDevice.CreateAsync(server, "another");
        var (before, watch) = (HostMemory.PeakMiB(server.Id), Stopwatch.StartNew());
        var deaf = new List<Socket>();
        for (var i = 0; i < AtOnce; i++) deaf.Add(await AskAsync(server.Address, account));

        var others = await honest.CommitAsync(Task.Delay(TimeSpan.FromSeconds(3)));
        while (deaf.Exists(socket => !IsEnded(socket)))
        {
            Assert.True(watch.Elapsed < TimeSpan.FromMinutes(2), $"{deaf.Count(s => !IsEnded(s))} are still there");
            await Task.Delay(100);
        }

        output.WriteLine(
            $"all ended after {watch.Elapsed.TotalSeconds:0.0} s; peak {HostMemory.PeakMiB(server.Id)} MiB, before "
            + $"{before} MiB; slowest honest commit {others.Slowest.TotalMilliseconds:0} ms of {others.Count}");
        foreach (var socket in deaf) socket.Dispose();
        Assert.InRange(HostMemory.PeakMiB(server.Id), 1, MostMiB);
        using var again = await http.SendAsync(account.Request(HttpMethod.Get, "/v1/vault"));
        Assert.Equal(HttpStatusCode.OK, again.StatusCode);
        Assert.InRange((await again.Content.ReadAsByteArrayAsync()).Length, 300 << 10, 1 << 23);
    }

    // Asks for the vault, on a connection with room for next to nothing, and never reads.
    private static async Task<Socket> AskAsync(Uri server, LongAccount account)
    {
        var socket = new Socket(
            AddressFamily.InterNetwork, SocketType.Stream, ProtocolType.Tcp) { ReceiveBufferSize = 4_096 };
        await socket.ConnectAsync(IPAddress.Loopback, server.Port);
        var head = new StringBuilder($"GET /v1/vault HTTP/1.1\r\nHost: {server.Authority}\r\n");
        foreach (var (name, value) in account.Headers(HttpMethod.Get, "/v1/vault")) head.Append($"{name}: {value}\r\n");
        await socket.SendAsync(Encoding.ASCII.GetBytes(head.Append("\r\n").ToString()));
        return socket;
    }

    // A refusal lies whole in the socket; of a connection with an answer, the kernel must say that it is gone.
    private static bool IsEnded(Socket socket)
    {
        const int tcp = 6, tcpInfo = 11, established = 1;
        var info = new byte[104];
        if (socket.GetRawSocketOption(tcp, tcpInfo, info) == 0 || info[0] != established) return true;
        var seen = new byte[16];
        return socket.Available > 0 && socket.Receive(seen, SocketFlags.Peek) > 0
            && Encoding.ASCII.GetString(seen).Contains(" 429 ", StringComparison.Ordinal);
    }
}
