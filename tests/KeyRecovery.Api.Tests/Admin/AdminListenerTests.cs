using System.Net;
using KeyRecovery.Api.Hosting;
using KeyRecovery.Api.Tests.Support;
using Microsoft.AspNetCore.Hosting.Server;
using Microsoft.AspNetCore.Hosting.Server.Features;
using Microsoft.Extensions.DependencyInjection;
using Microsoft.Extensions.Options;

namespace KeyRecovery.Api.Tests.Admin;

/// <summary>Z03: where addresses of their own are set for operators, their routes are there and nowhere else.</summary>
public sealed class AdminListenerTests
{
    [Fact]
    public async Task Z03_admin_routes_answer_on_their_own_port_alone_and_nothing_else_does_there_but_health()
    {
        await using var host = await TestHost.StartAsync(
            new Dictionary<string, string> { ["AdminUrls:0"] = "http://127.0.0.1:0" });
        var account = await TestAccount.CreateAsync(host);
        var token = await Officer.TokenAsync(host, "demo", Officer.AllScopes);
        var addresses = host.Services.GetRequiredService<IServer>().Features.Get<IServerAddressesFeature>()!.Addresses;
        using var admin = new HttpClient { BaseAddress = new Uri(addresses.Last()) };
        Assert.NotEqual(host.Address.Port, admin.BaseAddress!.Port);

        var find = $"/v1/admin/accounts?subject={account.Subject}";
        Assert.Equal("200", await AskAsync(admin, HttpMethod.Get, find, token));
        Assert.Equal("200", await AskAsync(admin, HttpMethod.Get, "/health/live", null));
        Assert.Equal("200", await AskAsync(admin, HttpMethod.Get, "/health/ready", null));
        Assert.Equal("200", await AskAsync(host.Client, HttpMethod.Get, "/health/ready", null));
        Assert.Equal("200", await AskAsync(host.Client, HttpMethod.Get, "/v1/config", null));

        // As a route that is not, whoever asks, however it is spelt and with whatever method.
        var nowhere = await ShapeAsync(host.Client, HttpMethod.Get, "/v1/nowhere", token);
        foreach (var path in new[]
        {
            find, $"/v1/admin/accounts/{account.Id}", "/v1/admin/erasures/none", "/V1/Admin/Accounts?subject=a",
            "/v1/%61dmin/accounts?subject=a", "/v1/admin", "/v1/admin/",
        })
            Assert.Equal(nowhere, await ShapeAsync(host.Client, HttpMethod.Get, path, token));
        Assert.Equal(
            await ShapeAsync(host.Client, HttpMethod.Delete, "/v1/nowhere", token),
            await ShapeAsync(host.Client, HttpMethod.Delete, "/v1/admin/accounts", token));
        foreach (var path in new[]
        {
            "/v1/config", "/v1/vault", "/v1/dev/tokens", "/openapi/v1.json", "/audit/key", "/v1/adminx", "/",
        })
            Assert.Equal("404 not-found", await AskAsync(admin, HttpMethod.Get, path, token));
        Assert.Equal("404 not-found", await AskAsync(admin, HttpMethod.Post, "/v1/accounts", token));

        // No header makes a connection one of the other port.
        using var forged = new HttpRequestMessage(HttpMethod.Get, find)
        {
            Headers = { Authorization = new("Bearer", token), Host = admin.BaseAddress.Authority },
        };
        forged.Headers.Add("X-Forwarded-Host", admin.BaseAddress.Authority);
        forged.Headers.Add("X-Forwarded-Port", $"{admin.BaseAddress.Port}");
        using var refused = await host.Client.SendAsync(forged);
        Assert.Equal(HttpStatusCode.NotFound, refused.StatusCode);
    }

    [Theory]
    [InlineData("http://127.0.0.1:5080", "KeyRecovery:AdminUrls:0 has the port of another address")]
    [InlineData("ftp://127.0.0.1:5090", "KeyRecovery:AdminUrls:0 is an address such as http://10.0.0.5:5090")]
    [InlineData("http://127.0.0.1:5090/path", "KeyRecovery:AdminUrls:0 is an address such as http://10.0.0.5:5090")]
    [InlineData("5090", "KeyRecovery:AdminUrls:0 is an address such as http://10.0.0.5:5090")]
    [InlineData("http://unix:/tmp/admin", "KeyRecovery:AdminUrls:0 is an address such as http://10.0.0.5:5090")]
    public void What_is_no_address_of_its_own_is_refused_by_its_key(string url, string told)
    {
        var refused = Assert.Throws<OptionsValidationException>(() => Server.ReadOptions(
            ["--environment", "Development", "--urls", "http://127.0.0.1:5080", $"--KeyRecovery:AdminUrls:0={url}"]));
        Assert.Contains(told, refused.Message, StringComparison.Ordinal);
    }

    [Fact]
    public void It_does_not_go_with_endpoints_that_keep_the_server_from_listening_there()
    {
        var refused = Assert.Throws<OptionsValidationException>(() => Server.ReadOptions(
            [
                "--environment", "Development", "--Kestrel:Endpoints:One:Url=http://127.0.0.1:5080",
                "--KeyRecovery:AdminUrls:0=http://127.0.0.1:5090",
            ]));
        Assert.Contains(
            "KeyRecovery:AdminUrls does not go with Kestrel:Endpoints", refused.Message, StringComparison.Ordinal);
    }

    private static async Task<string> AskAsync(HttpClient http, HttpMethod method, string path, string? token)
    {
        using var answer = await SendAsync(http, method, path, token);
        return await AnswerShape.NameAsync(answer);
    }

    private static async Task<string> ShapeAsync(HttpClient http, HttpMethod method, string path, string? token)
    {
        using var answer = await SendAsync(http, method, path, token);
        return await AnswerShape.OfAsync(answer);
    }

    private static async Task<HttpResponseMessage> SendAsync(
        HttpClient http, HttpMethod method, string path, string? token)
    {
        using var request = new HttpRequestMessage(method, path);
        if (token is not null) request.Headers.Authorization = new("Bearer", token);
        return await http.SendAsync(request);
    }
}
