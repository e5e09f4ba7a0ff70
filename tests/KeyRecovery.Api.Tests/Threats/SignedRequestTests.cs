using System.Net;
using System.Text;
using KeyRecovery.Api.Auth;
using KeyRecovery.Api.Http;
using KeyRecovery.Api.Tests.Support;
using KeyRecovery.Protocol.Http;
using KeyRecovery.Protocol.Primitives;
using KeyRecovery.Protocol.Wire;
using Microsoft.AspNetCore.Builder;
using Microsoft.AspNetCore.Http;

namespace KeyRecovery.Api.Tests.Threats;

/// <summary>The signature's profile, on a route that echoes what was signed.</summary>
[Collection(GateCounts.Alone)]
public sealed class SignedRequestTests : IAsyncLifetime
{
    private const string Echo = "/v1/echo";

    private static readonly byte[] Body = "hello"u8.ToArray();

    private GateCounts _counts = null!;
    private Signer _signer = null!;
    private TestHost _host = null!;

    public async Task InitializeAsync()
    {
        _host = await TestHost.StartAsync(
            new() { ["RateLimits:Account:PerSecond"] = "0.01", ["RateLimits:Account:Burst"] = "20" },
            map: app => app.MapMethods(Echo, ["GET", "POST"], (SignedRequest request) => Results.Bytes(request.Body))
                .WithMetadata(new Signed(), new BodyLimit(1_024)));
        var account = await TestAccount.CreateAsync(_host);
        _signer = account.Phone.Of(account.Id);
        _counts = GateCounts.Start();
    }

    public async Task DisposeAsync()
    {
        await _host.DisposeAsync();
        _signer.Dispose();
        _counts.Dispose();
    }

    [Fact]
    public async Task A_signed_request_passes_with_the_body_that_was_signed()
    {
        using var request = Post(Body);
        var response = await _host.Client.SendAsync(request);
        Assert.Equal(HttpStatusCode.OK, response.StatusCode);
        Assert.Equal(Body, await response.Content.ReadAsByteArrayAsync());
    }

    [Theory]
    [InlineData(Echo)]
    [InlineData(Echo + "?")]
    [InlineData(Echo + "?a=%2f%2E&b")]
    [InlineData("/v1/%65cho?x=1")]
    public async Task The_target_is_signed_as_it_is_on_the_wire(string target)
    {
        var answer = await RawHttp.SendAsync(_host.Address, $"GET {target} HTTP/1.1", Fields("GET", target));
        Assert.StartsWith("HTTP/1.1 200 ", answer, StringComparison.Ordinal);
    }

    [Fact]
    public async Task Without_a_signature_it_is_unauthenticated()
    {
        var response = await _host.Client.GetAsync(Echo);
        await ProblemAssert.IsAsync(response, HttpStatusCode.Unauthorized, "unauthenticated");
        Assert.Equal(["Bearer", "Signature"], response.Headers.WwwAuthenticate.Select(challenge => challenge.Scheme));
    }

    [Fact]
    public async Task Each_signed_part_counts()
    {
        Func<HttpRequestParts, HttpRequestParts>[] changes =
        [
            parts => parts with { Method = "PUT" },
            parts => parts with { Authority = "other.example.com" },
            parts => parts with { Path = "/v1/other" },
            parts => parts with { Query = "?x=1" },
            parts => parts with { ContentDigest = HttpSignature.ContentDigest("other"u8) },
        ];
        foreach (var change in changes)
        {
            using var request = _signer.Request(_host.Address, HttpMethod.Post, Echo, Body, spoil: change);
            await ProblemAssert.IsAsync(
                await _host.Client.SendAsync(request), HttpStatusCode.Unauthorized, "signature-invalid");
        }
    }

    [Fact]
    public async Task The_host_header_decides_nothing()
    {
        using var moved = _signer.Request(
            _host.Address, HttpMethod.Post, Echo, Body, spoil: parts => parts with { Authority = "other.example.com" });
        moved.Headers.Host = "other.example.com";
        await ProblemAssert.IsAsync(
            await _host.Client.SendAsync(moved), HttpStatusCode.Unauthorized, "signature-invalid");

        using var named = Post(Body);
        named.Headers.Host = "other.example.com";
        Assert.Equal(HttpStatusCode.OK, (await _host.Client.SendAsync(named)).StatusCode);
    }

    [Theory]
    [InlineData(-310, false)]
    [InlineData(-290, true)]
    [InlineData(290, true)]
    [InlineData(310, false)]
    public async Task A_clock_may_be_five_minutes_off(int seconds, bool passes)
    {
        using var request = _signer.Request(
            _host.Address, HttpMethod.Get, Echo, created: DateTimeOffset.UtcNow.ToUnixTimeSeconds() + seconds);
        var response = await _host.Client.SendAsync(request);
        if (passes)
        {
            Assert.Equal(HttpStatusCode.OK, response.StatusCode);
            return;
        }

        var problem = await ProblemAssert.IsAsync(response, HttpStatusCode.Unauthorized, "clock-skew");
        Assert.InRange(problem.GetProperty("serverTime").GetInt64() - DateTimeOffset.UtcNow.ToUnixTimeSeconds(), -5, 5);
        Assert.Equal(0, _counts.Verifications);
    }

    [Theory]
    [InlineData("Signature-Input", "signature-input")]
    [InlineData("Signature", "signature")]
    [InlineData("Content-Digest", "content-digest")]
    public async Task A_missing_or_doubled_field_is_refused_by_name(string header, string field)
    {
        var fields = Fields("GET", Echo);
        var one = fields.Single(line => line.StartsWith($"{header}:", StringComparison.Ordinal));
        foreach (var sent in new[] { fields.Where(line => line != one).ToArray(), [.. fields, one] })
        {
            var answer = await RawHttp.SendAsync(_host.Address, $"GET {Echo} HTTP/1.1", sent);
            Assert.StartsWith("HTTP/1.1 401 ", answer, StringComparison.Ordinal);
            Assert.Contains($"\"field\":\"{field}\"", answer, StringComparison.Ordinal);
        }

        Assert.Equal(0, _counts.Verifications);
    }

    [Theory]
    [InlineData("\"@method\" \"@authority\"", "\"@authority\" \"@method\"")]
    [InlineData(" \"@query\"", "")]
    [InlineData("\"content-digest\"", "\"content-digest\" \"date\"")]
    [InlineData("alg=\"ed25519\"", "alg=\"hmac-sha256\"")]
    [InlineData(";alg=\"ed25519\"", "")]
    [InlineData("sig1=", "sig2=")]
    [InlineData("sig1=", "sig1 = ")]
    [InlineData(";keyid=", ";nonce=\"1\";keyid=")]
    public async Task Another_list_of_components_or_parameters_is_refused(string part, string other)
    {
        var fields = Fields("GET", Echo);
        Assert.Contains(part, fields[0], StringComparison.Ordinal);
        fields[0] = fields[0].Replace(part, other, StringComparison.Ordinal);
        var answer = await RawHttp.SendAsync(_host.Address, $"GET {Echo} HTTP/1.1", fields);
        Assert.StartsWith("HTTP/1.1 401 ", answer, StringComparison.Ordinal);
        Assert.Contains("\"field\":\"signature-input\"", answer, StringComparison.Ordinal);
    }

    [Fact]
    public async Task The_signature_is_checked_before_the_body_is_read()
    {
        using var stranger = Signer.NewDevice();
        var head = stranger.Headers(_host.Address, HttpMethod.Post, Echo, Body)
            .Select(field => $"{field.Name}: {field.Value}");
        // The body never comes, and the answer does; who waited for the body would get another one.
        var answer = RawHttp.StatusLineAsync(_host.Address, $"POST {Echo} HTTP/1.1", [.. head, "Content-Length: 5"]);
        Assert.StartsWith("HTTP/1.1 401 ", await answer.WaitAsync(TimeSpan.FromMinutes(1)), StringComparison.Ordinal);
        Assert.Equal(1, _counts.Verifications);
    }

    [Fact]
    public async Task A_body_that_is_not_the_signed_one_is_refused()
    {
        var answer = await RawHttp.SendAsync(
            _host.Address, $"POST {Echo} HTTP/1.1", [.. Fields("POST", Echo, Body), "Content-Length: 5"],
            "jello"u8.ToArray());
        Assert.StartsWith("HTTP/1.1 401 ", answer, StringComparison.Ordinal);
        Assert.Contains("\"field\":\"content-digest\"", answer, StringComparison.Ordinal);
    }

    [Theory]
    [InlineData(false)]
    [InlineData(true)]
    public async Task A_body_past_the_limit_is_refused(bool chunked)
    {
        using var fits = Post(new byte[1_024]);
        Assert.Equal(HttpStatusCode.OK, (await _host.Client.SendAsync(fits)).StatusCode);
        using var tooLong = Post(new byte[1_025]);
        tooLong.Headers.TransferEncodingChunked = chunked;
        await ProblemAssert.IsAsync(
            await _host.Client.SendAsync(tooLong), HttpStatusCode.RequestEntityTooLarge, "too-large");
    }

    [Fact]
    public async Task An_accounts_limit_counts_its_own_verified_requests_only()
    {
        // Strangers who name the account use nothing up.
        using var impostor = new Signer(
            _signer.KeyId, SigningKey.FromSeed(Encoding.ASCII.GetBytes("an impostor's seed of 32 bytes..")));
        for (var i = 0; i < 25; i++)
        {
            using var forged = impostor.Request(_host.Address, HttpMethod.Get, Echo);
            await ProblemAssert.IsAsync(
                await _host.Client.SendAsync(forged), HttpStatusCode.Unauthorized, "signature-invalid");
        }

        for (var i = 0; i < 20; i++)
        {
            using var request = Post(Body);
            Assert.Equal(HttpStatusCode.OK, (await _host.Client.SendAsync(request)).StatusCode);
        }

        using var oneMore = Post(Body);
        var problem = await ProblemAssert.IsAsync(
            await _host.Client.SendAsync(oneMore), HttpStatusCode.TooManyRequests, "rate-limited");
        Assert.True(problem.GetProperty("retryAfterMs").GetInt64() > 0);
    }

    private HttpRequestMessage Post(byte[] body) => _signer.Request(_host.Address, HttpMethod.Post, Echo, body);

    private string[] Fields(string method, string target, byte[]? body = null) =>
        [.. _signer.Headers(_host.Address, new HttpMethod(method), target, body)
            .Select(field => $"{field.Name}: {field.Value}")];
}
