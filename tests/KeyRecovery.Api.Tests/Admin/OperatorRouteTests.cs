using System.Collections.Immutable;
using System.Net;
using System.Net.Http.Headers;
using System.Text.Json;
using System.Text.RegularExpressions;
using KeyRecovery.Api.Auth;
using KeyRecovery.Api.Tests.Contract;
using KeyRecovery.Api.Tests.Support;

namespace KeyRecovery.Api.Tests.Admin;

/// <summary>
/// Z03, of operators: who is none, who has another scope, whose key is revoked and who is of another app, at each route
/// that the OpenAPI document has for them. A new route is among them without a word here; its description names its
/// scope.
/// </summary>
public sealed partial class OperatorRouteTests
{
    // What users' tokens are for. All else that takes a token is an operator's.
    private static readonly string[] OfUsers =
        ["createAccount", "getRecoverySlots", "registerRealmSlot", "evaluateRealmSlot"];

    private static readonly Dictionary<string, string> TwoApps = new(VaultFixture.Settings)
    {
        ["Apps:0:Id"] = "demo", ["Apps:0:Issuer"] = "urn:keyrecovery:development", ["Apps:0:Audience"] = "demo",
        ["Apps:1:Id"] = "other", ["Apps:1:Issuer"] = "urn:keyrecovery:development", ["Apps:1:Audience"] = "other",
    };

    private static readonly JsonElement Document = JsonDocument.Parse(
        File.ReadAllText(Path.Combine(PublicSurfaceTests.RepositoryRoot(), "docs", "openapi.json"))).RootElement;

    private static ImmutableArray<Route> Routes { get; } =
        [.. Operations().Where(one => Tags(one.Operation).Contains("Admin")).Select(Route.Of)];

    [Fact]
    public void Each_route_of_operators_names_one_scope_and_each_scope_has_a_route()
    {
        Assert.All(Routes, route => Assert.Single(route.Scopes));
        Assert.Equal(
            OperatorScopes.Words.Order(StringComparer.Ordinal),
            Routes.SelectMany(route => route.Scopes).Distinct().Order(StringComparer.Ordinal));
        foreach (var (path, _, operation) in Operations())
        {
            var (isAdmin, takesToken) = (
                Tags(operation).Contains("Admin"), operation.TryGetProperty("security", out var security)
                    && security.GetRawText().Contains("appToken", StringComparison.Ordinal));
            var name = operation.GetProperty("operationId").GetString()!;
            Assert.True(isAdmin || !path.StartsWith("/v1/admin", StringComparison.Ordinal), $"{path}: no tag Admin");
            Assert.True(takesToken == (isAdmin || OfUsers.Contains(name)), $"{name}: whose token does it take?");
        }
    }

    [Fact]
    public async Task Nobody_but_an_operator_with_its_scope_has_anything_of_a_route()
    {
        await using var host = await TestHost.StartAsync(TwoApps);
        var account = await TestAccount.CreateAsync(host);
        var user = await host.TokenAsync(account.Subject);
        var officers = new Dictionary<string, string>();
        foreach (var scope in OperatorScopes.Words) officers[scope] = await Officer.TokenAsync(host, "demo", scope);
        var without = await Officer.TokenAsync(host, "demo", "");
        foreach (var route in Routes)
        {
            var before = await StoreSnapshot.TakeAsync(host);
            Assert.Equal("401 unauthenticated", await AskAsync(host, route, account, null));
            Assert.Equal("401 token-invalid", await AskAsync(host, route, account, user));
            Assert.Equal("403 forbidden", await AskAsync(host, route, account, without));
            foreach (var (scope, token) in officers.Where(one => !route.Scopes.Contains(one.Key)))
                Assert.Equal((scope, "403 forbidden"), (scope, await AskAsync(host, route, account, token)));
            Assert.Equal(before, await StoreSnapshot.TakeAsync(host));
            // The control.
            var own = await AskAsync(host, route, account, officers[route.Scopes[0]]);
            Assert.True(own[..3] is not ("401" or "403"), $"{route}: {own}");
        }
    }

    [Fact]
    public async Task An_operator_whose_key_is_revoked_has_none_of_them()
    {
        await using var issuer = await LocalIssuer.StartAsync();
        var settings = new Dictionary<string, string>(VaultFixture.Settings)
        {
            ["Apps:0:Id"] = "demo", ["Apps:0:Issuer"] = issuer.Address, ["Apps:0:Audience"] = "demo",
            ["Apps:0:Authority"] = issuer.Address,
            ["Operators:0:App"] = "demo", ["Operators:0:Issuer"] = issuer.Address,
            ["Operators:0:Audience"] = "staff", ["Operators:0:Authority"] = issuer.Address,
        };
        foreach (var (word, i) in OperatorScopes.Words.Select((word, i) => (word, i)))
            settings[$"Operators:0:Scopes:{i}"] = word;
        await using var host = await TestHost.StartAsync(settings);
        var token = issuer.Token("officer", "staff", Officer.AllScopes);
        foreach (var route in Routes)
            Assert.True((await AskAsync(host, route, null, token))[..3] is not ("401" or "403"), $"{route}");

        issuer.Rotate();
        // Somebody with the new key comes, and the server asks for the keys.
        var next = issuer.Token("officer", "staff", Officer.AllScopes);
        foreach (var route in Routes)
        {
            Assert.True((await AskAsync(host, route, null, next))[..3] is not ("401" or "403"), $"{route}");
            Assert.Equal((route, "401 token-invalid"), (route, await AskAsync(host, route, null, token)));
        }
    }

    [Fact]
    public async Task An_operator_of_another_app_learns_nothing_and_does_nothing()
    {
        await using var host = await TestHost.StartAsync(TwoApps);
        var account = await TestAccount.CreateAsync(host);
        var (mine, theirs) = (
            await Officer.TokenAsync(host, "demo", Officer.AllScopes),
            await Officer.TokenAsync(host, "other", Officer.AllScopes));
        var standing = Routes.Single(route => route.Template == "/v1/admin/accounts/{id}");
        var before = await BodyAsync(host, standing, account, mine);
        Assert.Contains($"{account.Id}", before.Body, StringComparison.Ordinal);
        foreach (var route in Routes)
        {
            var (status, body) = await BodyAsync(host, route, account, theirs);
            if (route.Template.Contains('{', StringComparison.Ordinal) && route.Body is null)
                Assert.Equal((route, HttpStatusCode.NotFound), (route, status));
            Assert.DoesNotContain($"{account.Id}", body, StringComparison.Ordinal);
            Assert.DoesNotContain(account.Subject, body, StringComparison.Ordinal);
        }

        Assert.Equal(before, await BodyAsync(host, standing, account, mine));
    }

    private static async Task<string> AskAsync(TestHost host, Route route, TestAccount? account, string? token)
    {
        using var request = route.Ask(account, token);
        using var answer = await host.Client.SendAsync(request);
        return await AnswerShape.NameAsync(answer);
    }

    private static async Task<(HttpStatusCode Status, string Body)> BodyAsync(
        TestHost host, Route route, TestAccount account, string token)
    {
        using var request = route.Ask(account, token);
        using var answer = await host.Client.SendAsync(request);
        return (answer.StatusCode, await answer.Content.ReadAsStringAsync());
    }

    private static IEnumerable<(string Path, string Method, JsonElement Operation)> Operations() =>
        from path in Document.GetProperty("paths").EnumerateObject()
        from operation in path.Value.EnumerateObject()
        select (path.Name, operation.Name, operation.Value);

    private static IEnumerable<string?> Tags(JsonElement operation) =>
        operation.GetProperty("tags").EnumerateArray().Select(tag => tag.GetString());

    [GeneratedRegex(@"keyrecovery\.[a-z]+(\.[a-z]+)*")]
    private static partial Regex ScopeWord { get; }

    private sealed record Route(string Method, string Template, ImmutableArray<string> Scopes, string? Body)
    {
        public static Route Of((string Path, string Method, JsonElement Operation) one) => new(
            one.Method.ToUpperInvariant(), one.Path,
            [
                .. ScopeWord.Matches(
                    one.Operation.TryGetProperty("description", out var text) ? text.GetString()! : "")
                    .Select(match => match.Value).Distinct(),
            ],
            one.Operation.TryGetProperty("requestBody", out var body)
                ? Assert.Single(body.GetProperty("content").EnumerateObject()).Name : null);

        public HttpRequestMessage Ask(TestAccount? account, string? token)
        {
            var target = Template.Replace("{id}", $"{account?.Id}" is { Length: > 0 } id ? id : new string('A', 22),
                StringComparison.Ordinal).Replace("{job}", new string('A', 22), StringComparison.Ordinal);
            if (Template == "/v1/admin/accounts") target += $"?subject={account?.Subject ?? "nobody"}";
            Assert.DoesNotContain('{', target);
            var request = new HttpRequestMessage(new HttpMethod(Method), target);
            if (token is not null) request.Headers.Authorization = new AuthenticationHeaderValue("Bearer", token);
            if (Body is not null)
            {
                request.Content = new ByteArrayContent("{}"u8.ToArray());
                request.Content.Headers.ContentType = new MediaTypeHeaderValue(Body);
            }

            return request;
        }

        public override string ToString() => $"{Method} {Template}";
    }
}
