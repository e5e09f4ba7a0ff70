using System.Net;
using System.Net.Http.Json;
using System.Text.Json;
using KeyRecovery.Api.Auth;
using KeyRecovery.Api.Tests.Support;
using Microsoft.Extensions.DependencyInjection;

namespace KeyRecovery.Api.Tests.Threats;

public class DevelopmentIssuerTests
{
    internal static readonly Dictionary<string, string> ProductionApp = new()
    {
        ["Apps:0:Id"] = "demo",
        ["Apps:0:Issuer"] = "https://id.example.com",
        ["Apps:0:Audience"] = "demo",
        ["Apps:0:JwksUrl"] = "https://id.example.com/jwks",
    };

    [Fact]
    public async Task It_mints_tokens_that_hold_and_outlive_a_restart()
    {
        using var directory = new TempDirectory();
        string token;
        await using (var first = await TestHost.StartAsync(directory: directory))
        {
            token = await MintAsync(first, "anna");
            Assert.Equal("anna", await UserAsync(first, token));
        }

        await using var second = await TestHost.StartAsync(directory: directory);
        Assert.Equal("anna", await UserAsync(second, token));
    }

    [Fact]
    public async Task Another_servers_tokens_do_not_hold()
    {
        await using var one = await TestHost.StartAsync();
        await using var other = await TestHost.StartAsync();
        Assert.Null(await UserAsync(other, await MintAsync(one, "anna")));
    }

    [Fact]
    public async Task Its_key_is_the_owners_alone()
    {
        await using var host = await TestHost.StartAsync();
        await MintAsync(host, "anna");
        Assert.Equal(
            UnixFileMode.UserRead | UnixFileMode.UserWrite,
            File.GetUnixFileMode(Path.Combine(host.DataDirectory, "development-issuer.pem")));
    }

    [Fact]
    public async Task Outside_Development_it_is_not_there()
    {
        await using var host = await TestHost.StartAsync(ProductionApp, "Production");
        var response = await host.Client.PostAsJsonAsync("/v1/dev/tokens", new { subject = "anna" });
        await ProblemAssert.IsAsync(response, HttpStatusCode.NotFound, "not-found");
        Assert.Null(host.Services.GetService<DevelopmentIssuer>());
        Assert.False(File.Exists(Path.Combine(host.DataDirectory, "development-issuer.pem")));
    }

    [Theory]
    [InlineData("Host", "attacker.example.com")]
    [InlineData("X-Forwarded-For", "203.0.113.9")]
    [InlineData("Forwarded", "for=203.0.113.9")]
    public async Task A_caller_from_elsewhere_gets_none(string header, string value)
    {
        await using var host = await TestHost.StartAsync();
        using var request = Request("anna");
        request.Headers.TryAddWithoutValidation(header, value);
        await ProblemAssert.IsAsync(await host.Client.SendAsync(request), HttpStatusCode.Forbidden, "forbidden");
    }

    [Fact]
    public async Task A_caller_behind_a_known_proxy_gets_none()
    {
        await using var host = await TestHost.StartAsync(new() { ["KnownProxies:0"] = "127.0.0.1" });
        using var request = Request("anna");
        request.Headers.TryAddWithoutValidation("X-Forwarded-For", "127.0.0.2");
        await ProblemAssert.IsAsync(await host.Client.SendAsync(request), HttpStatusCode.Forbidden, "forbidden");
    }

    [Fact]
    public async Task Each_app_of_the_issuer_has_tokens_of_its_own()
    {
        await using var host = await TestHost.StartAsync(new()
        {
            ["Apps:0:Id"] = "chat", ["Apps:0:Issuer"] = DevelopmentIssuer.Name, ["Apps:0:Audience"] = "chat",
            ["Apps:1:Id"] = "drive", ["Apps:1:Issuer"] = DevelopmentIssuer.Name, ["Apps:1:Audience"] = "drive",
        });
        var result = await host.Services.GetRequiredService<AppTokens>()
            .ReadAsync(await MintAsync(host, "anna", "drive"), CancellationToken.None);
        Assert.Equal("drive", Assert.IsType<TokenResult.Valid>(result).User.App);
        using var unknown = Request("anna", "mail");
        await ProblemAssert.IsAsync(await host.Client.SendAsync(unknown), HttpStatusCode.NotFound, "not-found", "app");
    }

    private static HttpRequestMessage Request(string subject, string? app = null) =>
        new(HttpMethod.Post, "/v1/dev/tokens")
        {
            Content = app is null ? JsonContent.Create(new { subject }) : JsonContent.Create(new { subject, app }),
        };

    private static async Task<string> MintAsync(TestHost host, string subject, string? app = null)
    {
        using var request = Request(subject, app);
        var answer = await (await host.Client.SendAsync(request)).Content.ReadFromJsonAsync<JsonElement>();
        Assert.Equal(12 * 3_600_000, answer.GetProperty("expiresInMs").GetInt64());
        return answer.GetProperty("token").GetString()!;
    }

    private static async Task<string?> UserAsync(TestHost host, string token) =>
        await host.Services.GetRequiredService<AppTokens>()
            .ReadAsync(token, CancellationToken.None) is TokenResult.Valid valid
            ? valid.User.Subject
            : null;
}
