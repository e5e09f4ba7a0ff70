using System.Collections.Concurrent;
using System.Net;
using System.Security.Cryptography;
using System.Text.Json;
using KeyRecovery.Protocol.Linking;
using KeyRecovery.Testing.Hosting;
using KeyRecovery.Testing.Needs;

namespace KeyRecovery.Infra.Tests;

/// <summary>A server behind a proxy with the file that operators are given, as devices see both.</summary>
[Trait("Category", "Long")]
public abstract class FrontTests : IDisposable
{
    private const int MiB = 1024 * 1024;

    // What an officer's list of erasures may have (docs/operations.md, "In front of it"): its route says so itself.
    private const int ListBytes = 100_000 * 512;

    private readonly TempFolder _folder = new();
    private readonly int _port = FreePort.Next();

    private protected abstract Task<Front> StartAsync(int port, int server);

    /// <summary>What it answers itself to a body longer than any: nothing, where it counts what it passes on.</summary>
    private protected abstract string? TooLong { get; }

    public void Dispose() => _folder.Dispose();

    [ContractFact]
    public async Task Large_bodies_long_polls_and_a_restart_pass_and_alarm_nobody()
    {
        (string, string)[] settings =
        [
            ("Apps:0:Id", "demo"), ("Apps:0:Issuer", "urn:keyrecovery:development"), ("Apps:0:Audience", "demo"),
            ("Apps:0:Policy:ItemBytes", $"{MiB}"), ("KnownProxies:0", "127.0.0.1"),
            ("Authority", $"127.0.0.1:{_port}"), ("DrainSeconds", "1"),
        ];
        var server = await ServerProcess.StartAsync(_folder["data"], 0, settings);
        try
        {
            await using var front = await StartAsync(_port, server.Address.Port);
            using var phone = front.Device();
            using var laptop = front.Device();
            using var vault = await phone.CreateAsync(await server.TokenAsync("anna"), code: null);
            var linking = LinkAsync(vault, phone, laptop);

            var content = RandomNumberGenerator.GetBytes(MiB);
            TestDevice.Value(await vault.PutAsync("large", content));
            await AssertBodiesAsync(front, phone);
            await linking;

            // A poll that is open when the server stops is answered, and callers of the gap are told that there is one.
            await using (var waiting = TestDevice.Value(await vault.BeginLinkAsync()))
            {
                var polled = new TaskCompletionSource(TaskCreationOptions.RunContinuationsAsynchronously);
                phone.Relay.BeforeAsync = request =>
                {
                    if (IsPoll(request)) polled.TrySetResult();
                    return Task.CompletedTask;
                };
                var polling = waiting.RunAsync(Refusing, Array.Empty<byte>());
                await polled.Task.WaitAsync(TimeSpan.FromMinutes(1));
                Assert.Equal(0, await server.StopAsync());
                AssertQuiet(server.Output);
                phone.Relay.BeforeAsync = null;
                using (var http = new HttpClient(phone.Relay, disposeHandler: false) { BaseAddress = front.Address })
                using (var answer = await http.GetAsync("/v1/config"))
                    Assert.Equal(HttpStatusCode.BadGateway, answer.StatusCode);
                var port = server.Address.Port;
                await server.DisposeAsync();
                server = await ServerProcess.StartAsync(_folder["data"], port, settings);
                await waiting.DisposeAsync();
                await polling;
            }

            using var opened = await laptop.OpenAsync();
            Assert.Equal(content, TestDevice.Value(await opened.GetAsync("large")));
            Assert.Equal(0, await server.StopAsync());
            AssertQuiet(server.Output);
            // Whatever became of them, no request is named.
            Assert.NotEmpty(front.Told);
            Assert.DoesNotContain("/v1/", front.Told, Ordinal);
            // What is looked for is found where it is.
            Assert.Throws<Xunit.Sdk.DoesNotContainException>(() => AssertQuiet("{\"@mt\":\"a\",\"@l\":\"Error\"}"));
        }
        finally
        {
            await server.DisposeAsync();
        }
    }

    private static LinkApproval Refusing => new()
    {
        AskDigits = (_, _) => Task.FromResult(""), Consent = (_, _) => Task.FromResult(false),
    };

    private static bool IsPoll(HttpRequestMessage request) =>
        request.RequestUri!.Query.Contains("waitMs=25000", StringComparison.Ordinal);

    // The server reads a signed repair of the greatest length, and refuses strangers before it reads. What is longer
    // than anything the proxy need not pass.
    private async Task AssertBodiesAsync(Front front, TestDevice phone)
    {
        var (_, answer) = await new SignedUpload(phone).TrySendAsync(
            HttpMethod.Post, "/v1/repair", "application/cbor", new byte[4 * MiB + MiB / 2]);
        using (var problem = JsonDocument.Parse(answer))
            Assert.Equal(400, problem.RootElement.GetProperty("status").GetInt32());
        Assert.Contains(" 401 ", await front.DripAsync("/v1/repair", "application/cbor", 4 * MiB), Ordinal);
        Assert.Contains(
            " 401 ", await front.DripAsync("/v1/admin/erasures", "application/x-ndjson", ListBytes), Ordinal);
        if (TooLong is { } status)
            Assert.Contains(
                status, await front.DripAsync("/v1/admin/erasures", "application/x-ndjson", 65L * MiB), Ordinal);
    }

    // The new device comes when the first poll of the other has been answered with nothing, and says that it comes from
    // elsewhere.
    private static async Task LinkAsync(VaultSession vault, TestDevice phone, TestDevice laptop)
    {
        var answers = new ConcurrentQueue<HttpStatusCode>();
        var held = new TaskCompletionSource(TaskCreationOptions.RunContinuationsAsynchronously);
        phone.Relay.OnResponse = (request, response) =>
        {
            if (!IsPoll(request)) return;
            answers.Enqueue(response.StatusCode);
            held.TrySetResult();
        };
        laptop.Relay.BeforeAsync = request =>
        {
            request.Headers.TryAddWithoutValidation("X-Forwarded-For", "203.0.113.7");
            return Task.CompletedTask;
        };
        await using var link = TestDevice.Value(await vault.BeginLinkAsync());
        using var code = ((LinkCodeParse.Ok)LinkCode.Parse(link.QrText)).Code;
        var digits = new TaskCompletionSource<string>(TaskCreationOptions.RunContinuationsAsynchronously);
        IPNetwork? network = null;
        var displaying = link.RunAsync(
            new LinkApproval {
                AskDigits = (_, ct) => digits.Task.WaitAsync(ct),
                Consent = (candidate, _) =>
                {
                    network = candidate.Network;
                    return Task.FromResult(true);
                },
            }, "bundle"u8.ToArray());
        await held.Task.WaitAsync(TimeSpan.FromMinutes(2));
        Assert.Equal(HttpStatusCode.NoContent, answers.First());
        TestDevice.Value(await laptop.Client.LinkAsync(
            code, new LinkJoin {
                DeviceName = "laptop", Platform = "test", ShowDigits = (shown, _) => digits.TrySetResult(shown),
            }));
        TestDevice.Value(await displaying);
        Assert.Equal(IPNetwork.Parse("127.0.0.0/24"), network);
        phone.Relay.OnResponse = null;
        laptop.Relay.BeforeAsync = null;
    }

    private static void AssertQuiet(string log) => Assert.DoesNotContain(log.Split('\n'), line =>
        line.Contains("\"@l\":\"Error\"", Ordinal) || line.Contains("\"@l\":\"Fatal\"", Ordinal));

    private const StringComparison Ordinal = StringComparison.Ordinal;
}

/// <summary>By <c>infra/proxies/nginx.conf</c>.</summary>
[NeedsOfClass(Need.Nginx)]
public sealed class NginxTests : FrontTests
{
    private protected override string? TooLong => " 413 ";

    private protected override Task<Front> StartAsync(int port, int server) => Front.NginxAsync(port, server);
}

/// <summary>By <c>infra/compose/Caddyfile</c>.</summary>
[NeedsOfClass(Need.Caddy)]
public sealed class CaddyTests : FrontTests
{
    private protected override string? TooLong => null;

    private protected override Task<Front> StartAsync(int port, int server) => Front.CaddyAsync(port, server);
}
