using System.Net;
using KeyRecovery.Api.Hosting;
using KeyRecovery.Api.Stores;
using KeyRecovery.Api.Tests.Support;
using KeyRecovery.Api.Tests.Threats.Routes;
using KeyRecovery.Protocol.Vault;
using KeyRecovery.Protocol.Wire;
using KeyRecovery.Service.Stores;
using Microsoft.AspNetCore.Builder;
using Microsoft.AspNetCore.Http;
using Microsoft.Extensions.DependencyInjection;

namespace KeyRecovery.Api.Tests.Threats;

/// <summary>
/// Z12: whoever can have bytes stored beside a victim's, and sees sizes or answers, learns nothing of the victim's:
/// what one account stores is never looked for in another, and no answer is compressed.
/// </summary>
public sealed class OthersContentTests(VaultFixture fixture) : IClassFixture<VaultFixture>
{
    private TestHost Host => fixture.Host;

    [Fact]
    public async Task Z12_a_put_is_answered_alike_whether_or_not_the_bytes_are_there()
    {
        var account = await TestAccount.CreateAsync(Host);
        using var vault = await account.OpenAsync();
        var (item, change) = TestAccount.Put(vault, [1]);
        var fresh = await PutAsync(account, item);
        Assert.Equal(fresh, await PutAsync(account, item));
        await account.CommittedAsync(
            account.Phone, new CommitBundle(null, null, TestAccount.Manifest(vault, account.Phone, change), []));
        Assert.Equal(fresh, await PutAsync(account, item));
        Assert.StartsWith("204", fresh, StringComparison.Ordinal);
    }

    [Fact]
    public async Task Z12_bytes_of_another_account_are_refused_alike_whether_or_not_it_has_them()
    {
        var (mine, other) = (await TestAccount.CreateAsync(Host), await TestAccount.CreateAsync(Host));
        using var theirs = await other.OpenAsync();
        var (stored, never) = (TestAccount.Put(theirs, [1]).Item, TestAccount.Put(theirs, [1]).Item);
        // The control: to its owner the difference is there to be seen.
        Assert.StartsWith("204", await PutAsync(other, stored), StringComparison.Ordinal);
        Assert.Equal((1, 0), (await ReadAsync(other, stored), await ReadAsync(other, never)));

        Assert.Equal(await PutAsync(mine, never), await PutAsync(mine, stored));
        Assert.Equal((0, 0), (await ReadAsync(mine, stored), await ReadAsync(mine, never)));
    }

    [Fact]
    public async Task Z12_the_same_content_in_two_accounts_is_stored_twice_and_goes_by_itself()
    {
        var (first, second) = (await TestAccount.CreateAsync(Host), await TestAccount.CreateAsync(Host));
        var (before, one) = (await ItemRowsAsync(), await ItemOfAsync(first));
        var then = await ItemRowsAsync();
        var two = await ItemOfAsync(second);
        Assert.Equal((before + 1, before + 2), (then, await ItemRowsAsync()));
        Assert.Equal((one.Length, false), (two.Length, one.AsSpan().SequenceEqual(two)));

        using (var account = await second.OpenAsync())
            await second.CommittedAsync(second.Phone, new CommitBundle(null, null, TestAccount.Manifest(
                account, second.Phone,
                new ManifestChange { Delete = [account.Vault.Manifest.Manifest.Items[0].Id] }), []));
        Assert.Equal(1, await ReadAsync(first, one));
        // The control: within one account the same bytes are one row.
        var rows = await ItemRowsAsync();
        Assert.StartsWith("204", await PutAsync(first, one), StringComparison.Ordinal);
        Assert.Equal(rows, await ItemRowsAsync());
    }

    [Fact]
    public async Task Z12_no_route_compresses_its_answer_for_whoever_would_take_it()
    {
        foreach (var row in RouteMatrix.Rows)
            Assert.False(await IsEncodedAsync(await Scene.CreateAsync(Host), row), row.Route);
    }

    [Fact]
    public async Task Z12_control_a_compressed_answer_is_told()
    {
        await using var host = await TestHost.StartAsync(VaultFixture.Settings, map: app => app.MapGet(
            "/openapi/v1.json", (HttpContext context) => { context.Response.Headers.ContentEncoding = "gzip"; })
            .WithOrder(-1));
        var scene = await Scene.CreateAsync(host);
        Assert.True(await IsEncodedAsync(scene, RouteMatrix.Rows.Single(r => r.Route == "GET /openapi/v1.json")));
    }

    // As the first caller who is served; where nobody of the matrix is, it is a refusal that is not compressed.
    private static async Task<bool> IsEncodedAsync(Scene scene, RouteRow row)
    {
        var callers = Enum.GetValues<Callers>().Where(c => row.Expected(c, Aim.Own) is not null).ToList();
        var isServed = callers.Exists(IsServed);
        var caller = isServed ? callers.Find(IsServed) : callers[0];
        bool IsServed(Callers c) => row.Expected(c, Aim.Own)![0] == '2';
        await row.Prepare(scene);
        using var request = await row.Make(new Visit(scene, caller, Aim.Own));
        request.Headers.TryAddWithoutValidation("Accept-Encoding", "gzip, deflate, br, zstd");
        using var answer = await scene.Host.Client.SendAsync(request);
        Assert.True(answer.IsSuccessStatusCode == isServed, row.Route);
        return answer.Content.Headers.ContentEncoding.Count > 0;
    }

    private static async Task<string> PutAsync(TestAccount account, byte[] item)
    {
        using var answer = await account.SendAsync(
            account.Phone, HttpMethod.Put, $"/v1/items/{Hash256.Of(item)}", item, "application/octet-stream");
        return await AnswerShape.OfAsync(answer);
    }

    private static async Task<int> ReadAsync(TestAccount account, byte[] item)
    {
        using var answer = await account.SendAsync(
            account.Phone, HttpMethod.Post, "/v1/items/read", new ItemBatchRequest([Hash256.Of(item)]).Encode());
        Assert.Equal(HttpStatusCode.OK, answer.StatusCode);
        var found = ItemBatch.Decode(await answer.Content.ReadAsByteArrayAsync()).Items;
        return found.Count(bytes => !bytes.IsEmpty);
    }

    private static async Task<byte[]> ItemOfAsync(TestAccount account)
    {
        using var vault = await account.OpenAsync();
        var commit = TestAccount.ItemCommit(vault, account.Phone, new byte[1_000]);
        await account.CommittedAsync(account.Phone, commit);
        return commit.Items[0].ToArray();
    }

    private async Task<int> ItemRowsAsync()
    {
        IRowStore store = Host.Services.GetRequiredService<ServerStores>().Pair.Data;
        var count = 0;
        await foreach (var _ in store.ScanAsync(Table.Items, CancellationToken.None)) count++;
        return count;
    }
}
