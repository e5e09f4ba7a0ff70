using System.Diagnostics;
using System.Net;
using System.Net.Sockets;
using System.Text;
using KeyRecovery.Api.Hosting;
using KeyRecovery.Api.Tests.Support;

namespace KeyRecovery.Api.Tests.Hosting;

public class ShutdownTests
{
    // What an operator waits; the host cuts off what is still under way before that.
    private static readonly TimeSpan Promise = TimeSpan.FromSeconds(20);

    private static readonly TimeSpan Limit = TimeSpan.FromMinutes(1);

    [Fact]
    public void What_is_still_under_way_is_cut_off_before_an_operators_patience_ends() =>
    Assert.True(Drain.Limit < Promise);

    [Fact]
    public async Task Readiness_goes_first_and_what_is_under_way_is_answered()
    {
        // A body may stand still for five seconds. Where the machine itself stood still for as long, it begins anew.
        for (var attempt = 0; !await HoldsAsync(); attempt++) Assert.True(attempt < 10, "the machine stands still");
    }

    private static async Task<bool> HoldsAsync()
    {
        await using var host = await HostProcess.StartAsync(new() { ["DrainSeconds"] = "3" });
        using var client = new HttpClient { BaseAddress = host.Address };
        Assert.Equal(HttpStatusCode.OK, (await client.GetAsync("/health/ready")).StatusCode);

        var clock = Stopwatch.StartNew();
        using var slow = await BeginAsync(host.Address);
        host.Terminate();
        var (ready, live) = (await client.GetAsync("/health/ready"), (HttpResponseMessage?)null);
        try
        {
            while (ready.StatusCode == HttpStatusCode.OK) ready = await client.GetAsync("/health/ready");
            live = await client.GetAsync("/health/live");
            // Until it takes no connections any more.
            while (true) using (await BeginAsync(host.Address)) await Task.Delay(50);
        }
        catch (Exception e) when (e is HttpRequestException or SocketException or IOException)
        {
            if (live is null && clock.Elapsed >= TimeSpan.FromSeconds(3)) return false;
        }

        await ProblemAssert.IsAsync(ready, HttpStatusCode.ServiceUnavailable, "unavailable", "shutdown");
        Assert.Equal(HttpStatusCode.OK, live!.StatusCode);
        if (clock.Elapsed > TimeSpan.FromSeconds(4.5)) return false;
        Assert.StartsWith("HTTP/1.1 200 ", await FinishAsync(slow), StringComparison.Ordinal);
        Assert.Equal(0, await host.ExitCodeAsync(Limit));
        return true;
    }

    [Fact]
    public async Task A_caller_who_never_finishes_does_not_hold_it_up()
    {
        await using var host = await HostProcess.StartAsync();
        using var stuck = await BeginAsync(host.Address);
        host.Terminate();
        Assert.Equal(0, await host.ExitCodeAsync(Limit));
    }

    private static async Task<TcpClient> BeginAsync(Uri server)
    {
        var client = new TcpClient();
        await client.ConnectAsync(server.Host, server.Port);
        await client.GetStream().WriteAsync(Encoding.ASCII.GetBytes(
            $"POST /v1/dev/tokens HTTP/1.1\r\nHost: {server.Authority}\r\nContent-Type: "
            + $"application/json\r\nContent-Length: 18\r\n\r\n{{\"sub"));
        await Task.Delay(200);
        return client;
    }

    private static async Task<string> FinishAsync(TcpClient client)
    {
        await client.GetStream().WriteAsync("ject\":\"anna\"}"u8.ToArray());
        using var reader = new StreamReader(client.GetStream());
        return await reader.ReadLineAsync() ?? "";
    }
}
