using System.Net;
using System.Text;
using System.Text.Json;
using System.Text.Json.Nodes;
using KeyRecovery.Api.Control;
using KeyRecovery.Api.Http;
using KeyRecovery.Api.Options.Reading;
using KeyRecovery.Api.Reports;
using KeyRecovery.Api.Tests.Support;
using Microsoft.AspNetCore.Http;
using Microsoft.AspNetCore.Routing;
using Microsoft.Extensions.DependencyInjection;

namespace KeyRecovery.Api.Tests.Hosting;

/// <summary>Apps and operators are read anew while the server runs: all of it, or nothing.</summary>
public sealed class ReloadTests : IAsyncLifetime
{
    private static readonly string Nobody = $"/v1/admin/accounts/{new string('A', 22)}";

    // What an operator may let come slowly; without a change of the settings it is answered so.
    private static readonly (string Route, string Path, string Type, string Body, int Status)[] SlowBodies =
    [
        ("moveAccount", $"{Nobody}/move", "application/json", "{\"subject\":\"to\"}", 404),
        ("moveAccounts", "/v1/admin/moves", "application/json",
            "{\"dryRun\":false,\"moves\":[{\"subject\":\"from\",\"to\":\"to\"}]}", 200),
        ("holdAccount", $"{Nobody}/hold", "application/json", "{\"reason\":\"why\",\"reference\":\"case\"}", 404),
        ("releaseAccount", $"{Nobody}/release", "application/json", "{\"reference\":\"case\"}", 404),
        ("fileErasures", "/v1/admin/erasures", "application/x-ndjson", "{\"subject\":\"anna\"}", 202),
        ("getErasureRecords", "/v1/admin/erasures/leaves", "application/json", "{\"leaves\":[]}", 200),
    ];

    private readonly TempDirectory _directory = new();
    private LocalIssuer _issuer = null!;
    private TestHost _host = null!;

    private string File => Path.Combine(_directory.Path, SettingsFile.FileName);

    public async Task InitializeAsync()
    {
        _issuer = await LocalIssuer.StartAsync();
        Write(App("demo"));
        _host = await TestHost.StartAsync(environment: "Production", directory: _directory);
    }

    public async Task DisposeAsync()
    {
        await _host.DisposeAsync();
        await _issuer.DisposeAsync();
        _directory.Dispose();
    }

    [Fact]
    public async Task A_new_tenant_is_served_without_a_restart()
    {
        Assert.Equal(HttpStatusCode.NotFound, await ConfigAsync("chat"));
        Assert.Equal(HttpStatusCode.Unauthorized, await AskAsync("chat"));
        var chat = App("chat");
        chat["Policy"] = new JsonObject { ["ItemBytes"] = 4096 };
        Write(App("demo"), chat);
        var report = await ReloadAsync();
        Assert.Empty(report.Problems);
        Assert.Equal(["demo", "chat"], report.Apps);
        Assert.Equal(HttpStatusCode.OK, await ConfigAsync("chat"));
        Assert.Equal(HttpStatusCode.NotFound, await AskAsync("chat"));
        Assert.Equal(HttpStatusCode.NotFound, await AskAsync("demo"));
        // The log tells the policy before any leaf names it.
        Assert.Contains(
            Directory.EnumerateFiles(Path.Combine(_directory.Path, "log", "policy")),
            file => System.IO.File.ReadAllText(file).Contains("\"itemBytes\":4096", StringComparison.Ordinal));
    }

    [Fact]
    public async Task What_does_not_hold_changes_nothing_and_names_its_key()
    {
        var whole = System.IO.File.ReadAllText(File);
        System.IO.File.WriteAllText(File, whole[..(whole.Length / 2)]);
        await RefusedAsync(SettingsFile.FileName);

        var two = App("chat");
        two["Issuer"] = "";
        Write(App("demo"), two);
        await RefusedAsync("KeyRecovery:Apps:1:Issuer");

        var keyless = App("chat");
        keyless.Remove("Authority");
        keyless["KeyFile"] = Path.Combine(_directory.Path, "half.pem");
        System.IO.File.WriteAllText(Path.Combine(_directory.Path, "half.pem"), "-----BEGIN PUBLIC KEY-----\nMFkw");
        Write(App("demo"), keyless);
        await RefusedAsync("KeyRecovery:Apps:1:KeyFile");

        // What would take accounts out of reach.
        Write(App("chat"));
        await RefusedAsync("KeyRecovery:Apps lacks demo");
        var renamed = App("demo");
        renamed["Issuer"] = "https://new.example";
        Write(renamed);
        await RefusedAsync("KeyRecovery:Apps:0:Issuer");
        System.IO.File.Delete(File);
        await RefusedAsync("KeyRecovery:Apps");

        // The control, and what waits for a start.
        renamed["FormerIssuers"] = new JsonArray(_issuer.Address);
        WriteAll(new JsonObject { ["DrainSeconds"] = 1 }, renamed.DeepClone().AsObject());
        var report = await ReloadAsync();
        Assert.Empty(report.Problems);
        Assert.Equal(["KeyRecovery:DrainSeconds"], report.AtNextStart);
        // Tokens of the name before hold.
        Assert.Equal(HttpStatusCode.NotFound, await AskAsync("demo"));
    }

    [Fact]
    public async Task An_operator_who_is_taken_out_is_refused_at_once()
    {
        var token = _issuer.Token("officer", "staff", "keyrecovery.erase");
        var job = $"/v1/admin/erasures/{new string('A', 22)}";
        WriteAll(new JsonObject { ["Operators"] = new JsonArray(Operator()) }, App("demo"));
        Assert.Empty((await ReloadAsync()).Problems);
        Assert.Equal(HttpStatusCode.NotFound, await AskAsync(token, job));
        Write(App("demo"));
        Assert.Empty((await ReloadAsync()).Problems);
        Assert.Equal(HttpStatusCode.Unauthorized, await AskAsync(token, job));
    }

    [Fact]
    public void F22_every_route_of_operators_with_a_body_has_a_row() =>
        Assert.Equal(
            SlowBodies.Select(body => body.Route).Order(),
            _host.Services.GetRequiredService<EndpointDataSource>().Endpoints.OfType<RouteEndpoint>()
                .Where(e => e.RoutePattern.RawText!.StartsWith("/v1/admin/", StringComparison.Ordinal)
                    && e.Metadata.GetMetadata<BodyLimit>() is not { Bytes: 0 })
                .Select(e => e.Metadata.GetMetadata<IEndpointNameMetadata>()!.EndpointName).Order());

    [Theory]
    [InlineData(false)]
    [InlineData(true)]
    public async Task F22_an_operator_who_is_taken_out_while_a_body_comes_is_refused_and_nothing_is_written(bool isOut)
    {
        var token = _issuer.Token("officer", "staff", Officer.AllScopes);
        foreach (var (route, path, type, body, status) in SlowBodies)
        {
            WriteAll(new JsonObject { ["Operators"] = new JsonArray(Operator()) }, App("demo"));
            Assert.Empty((await ReloadAsync()).Problems);
            using var slow = await RawConnection.OpenAsync(_host.Address);
            await slow.SendHeadAsync(HttpMethod.Post, path,
            [
                ("Authorization", $"Bearer {token}"), ("Content-Type", type), ("Content-Length", $"{body.Length}"),
                ("Expect", "100-continue"),
            ]);
            // Asked for its body: the token held.
            Assert.Equal((route, 100), (route, (await slow.ReadAnswerAsync()).Status));
            var before = await StoreSnapshot.TakeAsync(_host);
            if (isOut)
            {
                Write(App("demo"));
                Assert.Empty((await ReloadAsync()).Problems);
            }

            await slow.SendAsync(Encoding.UTF8.GetBytes(body));
            var (answered, text) = await slow.ReadAnswerAsync();
            Assert.Equal((route, isOut ? 401 : status), (route, answered));
            if (!isOut) continue;
            Assert.Contains(":token-invalid\"", text, StringComparison.Ordinal);
            Assert.Equal(before, await StoreSnapshot.TakeAsync(_host));
        }
    }

    private async Task RefusedAsync(string key)
    {
        var report = await ReloadAsync();
        Assert.Contains(report.Problems, problem => problem.Contains(key, StringComparison.Ordinal));
        Assert.Equal(HttpStatusCode.NotFound, await AskAsync("demo"));
        Assert.Equal(HttpStatusCode.NotFound, await ConfigAsync("chat"));
    }

    private JsonObject Operator() => new()
    {
        ["App"] = "demo", ["Issuer"] = _issuer.Address, ["Audience"] = "staff", ["Authority"] = _issuer.Address,
        ["Scopes"] = new JsonArray([.. Officer.AllScopes.Split(' ').Select(word => (JsonNode)word)]),
    };

    private JsonObject App(string id) => new()
    {
        ["Id"] = id, ["Issuer"] = _issuer.Address, ["Audience"] = id, ["Authority"] = _issuer.Address,
    };

    private void Write(params JsonObject[] apps) => WriteAll([], apps);

    private void WriteAll(JsonObject settings, params JsonObject[] apps)
    {
        settings["Apps"] = new JsonArray([.. apps]);
        System.IO.File.Delete(File);
        SettingsFile.Write(File, settings);
    }

    private async Task<ReloadReport> ReloadAsync()
    {
        var answer = await ControlClient.TryAskAsync(
            Path.Combine(_directory.Path, "ring"), "{\"verb\":\"reload\"}", _ => { });
        return answer!.Value.Deserialize(ReportJson.Default.ReloadReport)!;
    }

    private Task<HttpStatusCode> AskAsync(string app) => AskAsync(_issuer.Token("anna", app), "/v1/recovery/slots");

    private async Task<HttpStatusCode> AskAsync(string token, string path)
    {
        using var request = new HttpRequestMessage(HttpMethod.Get, path)
        {
            Headers = { Authorization = new("Bearer", token) },
        };
        using var answer = await _host.Client.SendAsync(request);
        return answer.StatusCode;
    }

    private async Task<HttpStatusCode> ConfigAsync(string app)
    {
        using var answer = await _host.Client.GetAsync($"/v1/config?app={app}");
        return answer.StatusCode;
    }
}
