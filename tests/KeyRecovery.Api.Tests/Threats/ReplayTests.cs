using System.Net;
using System.Net.Http.Json;
using System.Runtime.CompilerServices;
using System.Security.Cryptography;
using System.Text.Json;
using KeyRecovery.Api.Auth;
using KeyRecovery.Api.Tests.Support;
using KeyRecovery.Protocol.Vault;
using KeyRecovery.Protocol.Wire;
using Microsoft.AspNetCore.Routing;
using Microsoft.Extensions.DependencyInjection;

namespace KeyRecovery.Api.Tests.Threats;

/// <summary>
/// F24: somebody has recorded a signed request, and sends it once more, byte for byte, when its owner has undone what
/// it did. Nothing that the account is told of changes by it.
/// </summary>
public sealed class ReplayTests(VaultFixture fixture) : IClassFixture<VaultFixture>
{
    private readonly TestHost _host = fixture.Host;

    /// <summary>By route: what is done and undone, and what the replay is answered.</summary>
    private static readonly Dictionary<string, Func<ReplayScene, Task<int[]>>> Routes = new()
    {
        ["POST /v1/commits"] = async scene =>
        {
            var put = scene.Record(HttpMethod.Post, "/v1/commits", (await scene.ItemAsync()).Encode());
            await scene.DoAsync(put, 200);
            await scene.RemoveItemsAsync();
            return [409];
        },
        ["PUT /v1/items/{hash}"] = async scene =>
        {
            var (item, change) = TestAccount.Put(await scene.Account.OpenAsync(), new byte[20_000]);
            var put = scene.Record(HttpMethod.Put, $"/v1/items/{Hash256.Of(item)}", item, "application/octet-stream");
            await scene.DoAsync(put, 204);
            await scene.CommitAsync(change);
            await scene.RemoveItemsAsync();
            return [204];
        },
        ["POST /v1/items/read"] = async scene =>
        {
            var read = new ItemBatchRequest([Hash256.Of([1])]).Encode();
            await scene.DoAsync(scene.Record(HttpMethod.Post, "/v1/items/read", read), 200);
            return [200];
        },
        ["POST /v1/recovery"] = async scene =>
        {
            await scene.DoAsync(scene.Record(HttpMethod.Post, "/v1/recovery", by: scene.Account.Code), 200);
            return [200];
        },
        ["POST /v1/links"] = async scene =>
        {
            var (id, bearer) = (Base64UrlText.Encode(RandomNumberGenerator.GetBytes(16)), new byte[32]);
            await scene.DoAsync(
                scene.Record(HttpMethod.Post, "/v1/links", JsonSerializer.SerializeToUtf8Bytes(new
                {
                    sessionId = id, joinTokenHash = $"{Hash256.Of([1])}", bearerHash = $"{Hash256.Of(bearer)}",
                }), "application/json"), 201);
            using var end = new HttpRequestMessage(HttpMethod.Delete, $"/v1/links/{id}");
            end.Headers.Authorization = new("Link", Base64UrlText.Encode(bearer));
            using var ended = await scene.Account.Host.Client.SendAsync(end);
            Assert.Equal(HttpStatusCode.NoContent, ended.StatusCode);
            return [201];
        },
        ["POST /v1/repair"] = async scene =>
        {
            await scene.CommitAsync(await scene.ItemAsync());
            var repair = Contract.VaultTests.Repair(await scene.Account.OpenAsync()).Encode();
            await scene.DoAsync(scene.Record(HttpMethod.Post, "/v1/repair", repair), 200);
            await scene.RemoveItemsAsync();
            return [422];
        },
        ["POST /v1/erasure"] = async scene =>
        {
            await scene.DoAsync(scene.Record(HttpMethod.Post, "/v1/erasure?round=0"), 202);
            // Asked again, as after a lost answer, by another device too.
            await scene.DoAsync(scene.Record(HttpMethod.Post, "/v1/erasure?round=0"), 202);
            await scene.SendAsync(HttpMethod.Delete, "/v1/erasure?round=0", 204);
            return [409, 409];
        },
        ["DELETE /v1/erasure"] = async scene =>
        {
            await scene.SendAsync(HttpMethod.Post, "/v1/erasure?round=0", 202);
            await scene.DoAsync(scene.Record(HttpMethod.Delete, "/v1/erasure?round=0"), 204);
            await scene.SendAsync(HttpMethod.Post, "/v1/erasure?round=1", 202);
            return [409];
        },
    };

    public static TheoryData<string> Names => [.. Routes.Keys];

    [Theory]
    [MemberData(nameof(Names))]
    public async Task F24_what_was_recorded_changes_nothing_when_its_effect_was_undone(string route)
    {
        var scene = new ReplayScene(await TestAccount.CreateAsync(_host));
        var answers = await Routes[route](scene);
        var before = await scene.SeenAsync();
        Assert.Equal(answers, await scene.ReplayAsync());
        Assert.Equal(before, await scene.SeenAsync());
    }

    [Fact]
    public async Task F24_removing_who_asked_to_erase_ends_the_round_too()
    {
        var scene = new ReplayScene(await TestAccount.CreateAsync(_host));
        await scene.DoAsync(scene.Record(HttpMethod.Post, "/v1/erasure?round=0"), 202);
        var laptop = Party.Device();
        using (var vault = await scene.Account.OpenAsync(scene.Account.Code))
            await scene.Account.CommittedAsync(
                scene.Account.Code,
                TestAccount.LinkCommit(vault, scene.Account.Code, [laptop], [scene.Account.Phone.Id], true));
        using var status = await scene.Account.SendAsync(laptop, HttpMethod.Get, "/v1/erasure");
        var told = await status.Content.ReadFromJsonAsync<JsonElement>();
        Assert.Equal(
            ("none", 1), (told.GetProperty("state").GetString(), told.GetProperty("round").GetInt32()));
        Assert.Equal(403, Assert.Single(await scene.ReplayAsync()));
    }

    [Theory]
    [InlineData("POST", "", 400, "malformed")]
    [InlineData("POST", "?round=", 400, "malformed")]
    [InlineData("POST", "?round=-1", 400, "malformed")]
    [InlineData("POST", "?round=1", 409, "conflict")]
    [InlineData("DELETE", "?round=x", 400, "malformed")]
    public async Task A_round_that_is_none_or_another_one_asks_for_nothing(
        string method, string query, int status, string slug)
    {
        var account = await TestAccount.CreateAsync(_host);
        using var answer = await account.SendAsync(account.Phone, new HttpMethod(method), $"/v1/erasure{query}");
        await ProblemAssert.IsAsync(answer, (HttpStatusCode)status, slug, "round");
    }

    [Fact]
    public void F24_every_route_that_is_signed_and_changes_something_is_replayed_here() =>
        Assert.Equal(Unsafe(onlySigned: true), Routes.Keys.Order(StringComparer.Ordinal));

    [Fact]
    public void F24_the_page_says_of_every_route_that_changes_something_what_makes_a_replay_harmless()
    {
        var rows = File.ReadAllLines(Path.Combine(RepositoryRoot(), "docs", "protocol.md"))
            .SkipWhile(line => line != "| route | what makes a replay harmless |").Skip(2)
            .TakeWhile(line => line.StartsWith('|'))
            .Select(line => line.Split('|').Select(cell => cell.Trim()).ToArray()).ToList();
        Assert.All(rows, row => Assert.True(row[2].Length > 20, row[1]));
        Assert.Equal(
            Unsafe(onlySigned: false), rows.Select(row => row[1].Trim('`')).Order(StringComparer.Ordinal));
    }

    private static string RepositoryRoot([CallerFilePath] string here = "") =>
        Path.GetFullPath(Path.Combine(here, "..", "..", "..", ".."));

    private List<string> Unsafe(bool onlySigned) =>
    [
        .. _host.Services.GetRequiredService<EndpointDataSource>().Endpoints.OfType<RouteEndpoint>()
            .Where(e => !onlySigned || e.Metadata.GetMetadata<Signed>() is not null
                || e.Metadata.GetMetadata<SignedByThen>() is not null
                || e.Metadata.GetMetadata<SignedByContent>() is not null)
            .SelectMany(e => e.Metadata.GetMetadata<IHttpMethodMetadata>()?.HttpMethods
                .Select(method => $"{method} /{e.RoutePattern.RawText!.Trim('/')}") ?? [])
            .Where(route => !route.StartsWith("GET ", StringComparison.Ordinal)).Order(StringComparer.Ordinal),
    ];
}
