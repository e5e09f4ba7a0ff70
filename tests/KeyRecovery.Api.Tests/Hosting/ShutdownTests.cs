using System.Net;
using System.Net.Sockets;
using System.Text;
using KeyRecovery.Api.Tests.Support;

namespace KeyRecovery.Api.Tests.Hosting;

public class ShutdownTests
{
    private static readonly TimeSpan Promise = TimeSpan.FromSeconds(20);

    [Fact]
    public async Task Readiness_goes_first_and_what_is_under_way_is_answered()
    {
        await using var host = await HostProcess.StartAsync(new() { ["DrainSeconds"] = "3" });
        using var client = new HttpClient { BaseAddress = host.Address };
        Assert.Equal(HttpStatusCode.OK, (await client.GetAsync("/health/ready")).StatusCode);

        using var slow = await BeginAsync(host.Address);
        host.Terminate();
        var ready = await client.GetAsync("/health/ready");
        while (ready.StatusCode == HttpStatusCode.OK) ready = await client.GetAsync("/health/ready");
        await ProblemAssert.IsAsync(ready, HttpStatusCode.ServiceUnavailable, "unavailable", "shutdown");
        Assert.Equal(HttpStatusCode.OK, (await client.GetAsync("/health/live")).StatusCode);

        await Task.Delay(3_200);
        Assert.StartsWith("HTTP/1.1 200 ", await FinishAsync(slow), StringComparison.Ordinal);
        Assert.Equal(0, await host.ExitCodeAsync(Promise));
    }

    [Fact]
    public async Task A_caller_who_never_finishes_does_not_hold_it_up()
    {
        await using var host = await HostProcess.StartAsync();
        using var stuck = await BeginAsync(host.Address);
        host.Terminate();
        Assert.Equal(0, await host.ExitCodeAsync(Promise));
    }

    private static async Task<TcpClient> BeginAsync(Uri server)
    {
        var client = new TcpClient();
        await client.ConnectAsync(server.Host, server.Port);
        await client.GetStream().WriteAsync(Encoding.ASCII.GetBytes(
            $"POST /v1/dev/tokens HTTP/1.1\r\nHost: {server.Authority}\r\nContent-Type: application/json\r\nContent-Length: 18\r\n\r\n{{\"sub"));
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
