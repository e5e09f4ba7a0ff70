using System.Net;
using System.Text;
using KeyRecovery.Api.Endpoints;
using KeyRecovery.Api.Hosting;
using KeyRecovery.Api.Telemetry;
using KeyRecovery.Api.Tests.Support;
using Microsoft.Extensions.DependencyInjection;
using Microsoft.Extensions.Logging;

namespace KeyRecovery.Api.Tests.Threats;

public class LogTests
{
    private const string Canary = "canary7f3e9";

    [Fact]
    public async Task Nothing_that_a_caller_sends_reaches_the_log()
    {
        await using var host = await HostProcess.StartAsync();
        using var client = new HttpClient { BaseAddress = host.Address };
        await SendEverywhereAsync(client);
        await RawHttp.SendAsync(host.Address, $"GET /v1/config?app={Canary} HTTP/9.{Canary}", []);
        await RawHttp.SendAsync(host.Address, $"{Canary.ToUpperInvariant()} /{Canary} HTTP/1.1", [$"X-A: {Canary}"]);
        host.Terminate();
        Assert.Equal(0, await host.ExitCodeAsync(TimeSpan.FromMinutes(1)));

        foreach (var log in new[] { host.StandardOutput, host.LogFile })
        {
            Assert.Contains("\"Route\":\"/v1/dev/tokens\"", log, StringComparison.Ordinal);
            Assert.DoesNotContain(Canary, log, StringComparison.OrdinalIgnoreCase);
        }
    }

    [Fact]
    public async Task An_exception_is_logged_by_type_and_place_without_its_message()
    {
        await using var host =
            await TestHost.StartAsync(adjust: builder => builder.Services.AddSingleton<IReadiness, Broken>());
        var response = await host.Client.GetAsync("/health/ready");
        var problem = await ProblemAssert.IsAsync(response, HttpStatusCode.InternalServerError, "internal");
        Assert.DoesNotContain(Canary, problem.GetRawText(), StringComparison.Ordinal);
        var log = host.ReadLog();
        Assert.Contains("System.InvalidOperationException", log, StringComparison.Ordinal);
        Assert.Contains(nameof(Broken), log, StringComparison.Ordinal);
        Assert.DoesNotContain(Canary, log, StringComparison.Ordinal);
    }

    [Fact]
    public async Task A_planted_leak_is_found()
    {
        await using var host = await TestHost.StartAsync();
        host.Services.GetRequiredService<ILoggerFactory>().CreateLogger("test").LogWarning("a leak: {Value}", Canary);
        Assert.Contains(Canary, host.ReadLog(), StringComparison.Ordinal);
    }

    [Theory]
    [InlineData("192.0.2.77", "192.0.2.0/24")]
    [InlineData("::ffff:192.0.2.77", "192.0.2.0/24")]
    [InlineData("2001:db8:1:2:3:4:5:6", "2001:db8:1::/48")]
    [InlineData(null, "local")]
    public void Of_an_address_the_log_gets_the_network(string? address, string network) =>
        Assert.Equal(network, ClientNetwork.Of(address is null ? null : IPAddress.Parse(address)));

    private static async Task SendEverywhereAsync(HttpClient client)
    {
        string[] bodies = [$$"""{"subject":"{{Canary}}"}""", $$"""{"subject":"{{Canary}}","{{Canary}}":1}""", Canary];
        foreach (var body in bodies)
        {
            using var request = new HttpRequestMessage(HttpMethod.Post, $"/v1/dev/tokens?q={Canary}")
            {
                Content = new StringContent(body, Encoding.UTF8, "application/json"),
            };
            foreach (var header in new[] {
                "X-A", "Referer", "User-Agent", "Cookie", "traceparent", "Signature", "Signature-Input",
            })
                request.Headers.TryAddWithoutValidation(header, Canary);
            request.Headers.TryAddWithoutValidation("Authorization", $"Bearer {Canary}");
            request.Headers.TryAddWithoutValidation("X-Forwarded-For", Canary);
            await client.SendAsync(request);
        }

        await client.GetAsync($"/{Canary}/{Canary}?{Canary}={Canary}");
        using var foreign = new HttpRequestMessage(
            HttpMethod.Get, "/v1/config") { Headers = { Host = $"{Canary}.example.com" } };
        await client.SendAsync(foreign);
    }

    private sealed class Broken : IReadiness
    {
        public string Name => "broken";

        public ValueTask<bool> IsReadyAsync(CancellationToken cancellation) =>
            throw new InvalidOperationException("row: " + Canary);
    }
}
