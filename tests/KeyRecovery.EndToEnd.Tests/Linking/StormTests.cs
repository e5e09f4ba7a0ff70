using System.Diagnostics;
using System.Net;
using System.Net.Http.Json;
using System.Security.Cryptography;
using KeyRecovery.Protocol.Linking;
using KeyRecovery.Protocol.Wire;
using KeyRecovery.Testing.Hosting;

namespace KeyRecovery.EndToEnd.Tests.Linking;

/// <summary>
/// Somebody tries everything, from one address, while two people link: he meets the limits and they do not.
/// </summary>
public sealed class StormTests : IAsyncLifetime
{
    private const int Requests = 10_000;
    private const int Burst = 500;
    private const int PerSecond = 50;
    private const string Alphabet = "0123456789ABCDEFGHJKMNPQRSTVWXYZ";

    private readonly TempFolder _folder = new();
    private ServerProcess _server = null!;
    private VaultSession _onPhone = null!;
    private TestDevice _phone = null!;
    private TestDevice _laptop = null!;
    private int _honestRefused;

    public async Task InitializeAsync()
    {
        // The limits of an installation, behind a proxy: tests have one address, and people several.
        _server = await ServerProcess.StartAsync(
            _folder["data"], 0, ("KnownProxies:0", "127.0.0.0/8"),
            ("RateLimits:Address:PerSecond", $"{PerSecond}"), ("RateLimits:Address:Burst", $"{Burst}"));
        _phone = From("198.51.100.1");
        _laptop = From("2001:db8:1:2::3");
        _onPhone = await _phone.CreateAsync(await _server.TokenAsync("linker"), null);
    }

    public async Task DisposeAsync()
    {
        _onPhone.Dispose();
        _phone.Dispose();
        _laptop.Dispose();
        await _server.DisposeAsync();
        _folder.Dispose();
    }

    [Fact]
    public async Task A_sweep_over_nameplates_takes_nobodys_envelope_and_meets_the_limit()
    {
        await using var link = TestDevice.Value(await _onPhone.BeginLinkAsync(typed: true));
        var shown = link.TypedText!;
        var found = 0;

        // Every tenth is the honest one: a sweeper who is lucky.
        await DuringAsync(
            async (http, i) =>
            {
                var name = i % 10 == 0 ? shown[..4]
                    : $"{Alphabet[i >> 15 & 31]}{Alphabet[i >> 10 & 31]}{Alphabet[i >> 5 & 31]}{Alphabet[i & 31]}";
                var answer = await http.GetAsync($"/v1/links/nameplates/{name}");
                if (answer.StatusCode == HttpStatusCode.OK) Interlocked.Increment(ref found);
                return answer;
            },
            () => LinkAsync(link, async () =>
            {
                using var typed = ((TypedLinkCodeParse.Ok)TypedLinkCode.Parse(shown)).Code;
                return TestDevice.Value(await _laptop.Client.FindLinkCodeAsync(typed));
            }));
        Assert.True(found > 1, "the sweeper reads the same envelope again and again");
    }

    [Fact]
    public async Task A_storm_of_wrong_tokens_costs_the_honest_session_nothing_and_meets_the_limit()
    {
        await using var link = TestDevice.Value(await _onPhone.BeginLinkAsync());
        using var code = ((LinkCodeParse.Ok)LinkCode.Parse(link.QrText)).Code;

        // Against this very session, and others that are none.
        await DuringAsync(
            (http, i) => http.PostAsJsonAsync(
                $"/v1/links/{(i % 2 == 0 ? code.SessionId.ToString() : Text(16))}/claim",
                new { joinToken = Text(32), bearerHash = Text(32) }),
            () => LinkAsync(link, () => Task.FromResult(((LinkCodeParse.Ok)LinkCode.Parse(link.QrText)).Code)));
    }

    // Storms until it has sent so many and the honest devices are done.
    private async Task DuringAsync(Func<HttpClient, int, Task<HttpResponseMessage>> send, Func<Task> honest)
    {
        using var http = new HttpClient { BaseAddress = _server.Address };
        http.DefaultRequestHeaders.Add("X-Forwarded-For", "203.0.113.66");
        var (sent, refused, isDone) = (0, 0, false);
        var met = new TaskCompletionSource(TaskCreationOptions.RunContinuationsAsynchronously);
        var clock = Stopwatch.StartNew();
        var storm = Task.WhenAll(Enumerable.Range(0, 8).Select(_ => Task.Run(async () =>
        {
            while (true)
            {
                var number = Interlocked.Increment(ref sent);
                if (number > Requests && Volatile.Read(ref isDone)) break;
                using var answer = await send(http, number);
                if (answer.StatusCode == HttpStatusCode.TooManyRequests)
                {
                    Assert.NotNull(answer.Headers.RetryAfter);
                    Interlocked.Increment(ref refused);
                    met.TrySetResult();
                }
                else
                {
                    Assert.True(
                        answer.StatusCode is HttpStatusCode.OK or HttpStatusCode.NotFound, $"{(int)answer.StatusCode}");
                }
            }
        })));
        try
        {
            Assert.True(await Task.WhenAny(met.Task, storm) == met.Task, "the storm meets the limit");
            await honest();
        }
        finally
        {
            Volatile.Write(ref isDone, true);
        }
        await storm;
        Assert.InRange(sent - 8 - refused, Burst, Burst + (PerSecond * clock.Elapsed.TotalSeconds) + 1);
    }

    private async Task LinkAsync(ExistingDeviceLink link, Func<Task<LinkCode>> scan)
    {
        var (bundle, digits) = (RandomNumberGenerator.GetBytes(20_000),
            new TaskCompletionSource<string>(TaskCreationOptions.RunContinuationsAsynchronously));
        LinkCandidate? seen = null;
        var existing = link.RunAsync(
            new LinkApproval
            {
                AskDigits = (_, ct) => digits.Task.WaitAsync(ct),
                Consent = (candidate, _) =>
                {
                    seen = candidate;
                    return Task.FromResult(true);
                },
            },
            bundle);
        using var code = await scan();
        var linked = TestDevice.Value(await _laptop.Client.LinkAsync(
            code, new LinkJoin {
                DeviceName = "laptop", Platform = "test", ShowDigits = (shown, _) => digits.TrySetResult(shown),
            }));
        using var vault = linked.Vault;
        using var received = linked.Bundle;
        Assert.Equal(TestDevice.Value(await existing).Id, vault.Device);
        Assert.Equal(bundle, received.Span.ToArray());
        Assert.Equal(IPNetwork.Parse("2001:db8:1::/48"), seen!.Network);
        Assert.Equal(0, _honestRefused);
    }

    private TestDevice From(string address)
    {
        var device = new TestDevice(_server.Address);
        device.Relay.BeforeAsync = request =>
        {
            request.Headers.TryAddWithoutValidation("X-Forwarded-For", address);
            return Task.CompletedTask;
        };
        device.Relay.OnResponse = (_, response) =>
        {
            if (response.StatusCode == HttpStatusCode.TooManyRequests) Interlocked.Increment(ref _honestRefused);
        };
        return device;
    }

    private static string Text(int bytes) => Base64UrlText.Encode(RandomNumberGenerator.GetBytes(bytes));
}
