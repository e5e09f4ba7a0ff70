using System.Net;
using System.Net.Http.Json;
using System.Text.Json;
using KeyRecovery.Api.Tests.Support;
using KeyRecovery.Protocol.Vault;
using KeyRecovery.Protocol.Wire;

namespace KeyRecovery.Api.Tests.Threats;

/// <summary>An account, and what was recorded of its requests.</summary>
internal sealed class ReplayScene(TestAccount account)
{
    private readonly List<Func<HttpRequestMessage>> _recorded = [];

    public TestAccount Account => account;

    /// <summary>A request that is the same, byte for byte, each time that it is sent.</summary>
    public Func<HttpRequestMessage> Record(
        HttpMethod method, string target, byte[]? body = null, string type = "application/cbor", Party? by = null)
    {
        var created = DateTimeOffset.UtcNow.ToUnixTimeSeconds();
        HttpRequestMessage Again() => (by ?? account.Phone).Of(account.Id)
            .Request(account.Host.Address, method, target, body, type, created);
        _recorded.Add(Again);
        return Again;
    }

    public async Task DoAsync(Func<HttpRequestMessage> request, int status)
    {
        using var sent = request();
        using var answer = await account.Host.Client.SendAsync(sent);
        Assert.Equal(status, (int)answer.StatusCode);
    }

    public async Task SendAsync(HttpMethod method, string target, int status)
    {
        using var answer = await account.SendAsync(account.Phone, method, target);
        Assert.Equal(status, (int)answer.StatusCode);
    }

    public async Task<CommitBundle> ItemAsync() =>
        TestAccount.ItemCommit(await account.OpenAsync(), account.Phone);

    public Task CommitAsync(CommitBundle commit) => account.CommittedAsync(account.Phone, commit);

    public async Task CommitAsync(ManifestChange change) => await CommitAsync(
        new CommitBundle(null, null, TestAccount.Manifest(await account.OpenAsync(), account.Phone, change), []));

    public async Task RemoveItemsAsync()
    {
        using var vault = await account.OpenAsync();
        await CommitAsync(
            new ManifestChange { Delete = [.. vault.Vault.Manifest.Manifest.Items.Select(item => item.Id)] });
    }

    public async Task<int[]> ReplayAsync()
    {
        var answers = new List<int>();
        foreach (var recorded in _recorded)
        {
            using var sent = recorded();
            using var answer = await account.Host.Client.SendAsync(sent);
            answers.Add((int)answer.StatusCode);
        }

        return [.. answers];
    }

    /// <summary>What the account's owner is told: the vault, byte for byte, the items, and the erasure.</summary>
    public async Task<List<string>> SeenAsync()
    {
        var seen = new List<string>();
        foreach (var target in new[] { "/v1/vault", "/v1/items", "/v1/restore-points", "/v1/erasure" })
        {
            using var answer = await account.SendAsync(account.Phone, HttpMethod.Get, target);
            Assert.Equal(HttpStatusCode.OK, answer.StatusCode);
            if (target != "/v1/erasure") seen.Add(Hash256.Of(await answer.Content.ReadAsByteArrayAsync()).ToString());
            else
            {
                var told = await answer.Content.ReadFromJsonAsync<JsonElement>();
                seen.Add($"{told.GetProperty("state")} {told.GetProperty("round")}");
            }
        }

        return seen;
    }
}
