using System.Collections.Concurrent;
using System.Net;
using System.Text;
using KeyRecovery.Api.Tests.Support;
using Microsoft.AspNetCore.Builder;
using Microsoft.AspNetCore.Hosting;
using Microsoft.AspNetCore.Server.Kestrel.Core;
using Microsoft.Extensions.DependencyInjection;
using Microsoft.Extensions.Logging;

namespace KeyRecovery.Api.Tests.Faults;

/// <summary>
/// F31: what is a caller's fault is told as one, and alarms nobody: no 500, no line of an error, no stack.
/// </summary>
public sealed class CallersFaultTests : IAsyncLifetime
{
    private readonly ConcurrentBag<string> _wrong = [];
    private TestHost _host = null!;

    [Fact]
    public async Task F31_no_head_however_malformed_is_the_servers_fault()
    {
        foreach (var leaving in Enum.GetValues<Leaving>())
            await ParallelAsync(RequestFaults.Heads(_host.Address.Authority), async fault =>
                CheckAnswers(
                    $"{fault.Name} ({leaving})", await RawExchange.SendAsync(_host.Address, fault.Bytes, leaving)));
        await CheckAsync();
    }

    [Fact]
    public async Task F31_no_body_however_it_comes_is_the_servers_fault_on_any_route_that_reads_one()
    {
        var routes = await RoutesAsync();
        await ParallelAsync(
            from body in RequestFaults.Bodies() from route in routes select (body, route), async fault =>
            {
                var head = $"{fault.route}\r\nHost: {_host.Address.Authority}\r\n{fault.body.Fields}\r\n\r\n";
                var answers = await RawExchange.SendAsync(
                    _host.Address, Encoding.Latin1.GetBytes(head + fault.body.Body), fault.body.Leaving);
                CheckAnswers($"{fault.body.Name} to {fault.route.Split('\r')[0]}", answers);
            });
        await CheckAsync();
    }

    [Fact]
    public async Task F31_no_frame_of_HTTP_2_however_malformed_alarms_anybody()
    {
        await using var host = await TestHost.StartAsync(
            new() { ["LogLevel"] = "Debug" }, adjust: builder => builder.WebHost.ConfigureKestrel(
                kestrel => kestrel.ConfigureEndpointDefaults(endpoint => endpoint.Protocols = HttpProtocols.Http2)));
        foreach (var leaving in Enum.GetValues<Leaving>())
            await ParallelAsync(Http2Frames.Faults(), async fault =>
                await RawExchange.SendAsync(host.Address, [.. Http2Frames.Preface, .. fault.Bytes], leaving));

        using var request = new HttpRequestMessage(HttpMethod.Get,
            "/v1/config") { Version = HttpVersion.Version20, VersionPolicy = HttpVersionPolicy.RequestVersionExact };
        using var answer = await host.Client.SendAsync(request);
        Assert.Equal((HttpStatusCode.OK, HttpVersion.Version20), (answer.StatusCode, answer.Version));
        var log = host.ReadLog();
        Assert.Contains("\"Route\":\"/v1/dev/tokens\"", log, StringComparison.Ordinal);
        AlarmLines.AssertNone(log);
    }

    [Fact]
    public async Task F31_a_connection_that_is_collected_before_it_has_ended_alarms_nobody_and_the_control_does()
    {
        await using var host = await TestHost.StartAsync(new() { ["LogLevel"] = "Debug" });
        var kestrel = host.Services.GetRequiredService<ILoggerFactory>()
            .CreateLogger("Microsoft.AspNetCore.Server.Kestrel");
        kestrel.Log(LogLevel.Critical, new EventId(23, "ApplicationNeverCompleted"), "never", null, (text, _) => text);
        AlarmLines.AssertNone(host.ReadLog());
        kestrel.Log(LogLevel.Critical, new EventId(23, "Another"), "another", null, (text, _) => text);
        Assert.Single(AlarmLines.Of(host.ReadLog()));
        host.Services.GetRequiredService<ILoggerFactory>().CreateLogger("KeyRecovery")
            .Log(LogLevel.Critical, new EventId(23, "ApplicationNeverCompleted"), "ours", null, (text, _) => text);
        Assert.Equal(2, AlarmLines.Of(host.ReadLog()).Count);
    }

    [Fact]
    public async Task F31_control_a_fault_of_the_servers_own_is_told_as_one()
    {
        await using var host = await TestHost.StartAsync(
            map: app => app.MapGet("/broken", string () => throw new InvalidOperationException("planted")));
        var answers = await RawExchange.SendAsync(host.Address,
            Encoding.ASCII.GetBytes($"GET /broken HTTP/1.1\r\nHost: {host.Address.Authority}\r\n\r\n"), Leaving.Stays);
        Assert.Equal([500], answers);
        Assert.NotEmpty(AlarmLines.Of(host.ReadLog()));
    }

    public async Task InitializeAsync() =>
        _host = await TestHost.StartAsync(new(VaultFixture.Settings) { ["LogLevel"] = "Debug" });

    public async Task DisposeAsync() => await _host.DisposeAsync();

    // One route of each way in which a body is read: as JSON, collected before or after who sends it is known, and line
    // by line.
    private async Task<string[]> RoutesAsync()
    {
        var account = await TestAccount.CreateAsync(_host);
        var token = await _host.TokenAsync("somebody");
        string Signed(HttpMethod method, string target, string type) =>
            $"{method} {target} HTTP/1.1\r\nContent-Type: {type}\r\n" + string.Join(
                "\r\n", account.Phone.Of(account.Id).Headers(_host.Address, method, target, "{}"u8.ToArray())
                    .Select(h => $"{h.Name}: {h.Value}"));
        return
        [
            "POST /v1/dev/tokens HTTP/1.1\r\nContent-Type: application/json",
            "POST /v1/realm/reset HTTP/1.1\r\nContent-Type: application/cbor",
            $"POST /v1/accounts HTTP/1.1\r\nContent-Type: application/cbor\r\nAuthorization: Bearer {token}",
            $"POST /v1/admin/erasures HTTP/1.1\r\nContent-Type: application/x-ndjson\r\nAuthorization: Bearer "
            + $"{await Officer.TokenAsync(_host, "demo")}",
            $"POST /v1/admin/moves HTTP/1.1\r\nContent-Type: application/json\r\nAuthorization: Bearer "
            + $"{await Officer.TokenAsync(_host, "demo", "keyrecovery.move")}",
            "PUT /v1/links/AAAAAAAAAAAAAAAAAAAAAA/e/0 HTTP/1.1\r\nContent-Type: "
            + "application/octet-stream\r\nAuthorization: Link AAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAA",
            Signed(HttpMethod.Post, "/v1/commits", "application/cbor"),
            Signed(HttpMethod.Post, "/v1/links", "application/json"),
            Signed(HttpMethod.Post, "/v1/repair", "application/cbor"),
            Signed(HttpMethod.Get, "/v1/vault", "application/cbor"),
            "GET /v1/config HTTP/1.1",
        ];
    }

    private void CheckAnswers(string name, List<int> answers)
    {
        if (!answers.TrueForAll(status => status is < 500 or 501 or 505))
            _wrong.Add($"{name}: {string.Join(' ', answers)}");
    }

    private async Task CheckAsync()
    {
        // It goes on, and what it did is logged by now.
        using var config = await _host.Client.GetAsync("/v1/config");
        Assert.True(config.IsSuccessStatusCode);
        Assert.Empty(_wrong);
        AlarmLines.AssertNone(_host.ReadLog());
    }

    private static Task ParallelAsync<T>(IEnumerable<T> faults, Func<T, Task> check) =>
        Parallel.ForEachAsync(
            faults, new ParallelOptions { MaxDegreeOfParallelism = 16 }, async (fault, _) => await check(fault));
}
