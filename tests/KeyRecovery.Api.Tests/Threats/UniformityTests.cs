using System.Net;
using KeyRecovery.Api.Hosting;
using KeyRecovery.Api.Stores;
using KeyRecovery.Api.Tests.Support;
using KeyRecovery.Service.Accounts;
using KeyRecovery.Service.Stores;
using Microsoft.Extensions.DependencyInjection;

namespace KeyRecovery.Api.Tests.Threats;

/// <summary>Whoever tries codes learns nothing from a refusal: not whether there is, or was, such a slot.</summary>
[Collection(GateCounts.Alone)]
public sealed class UniformityTests(VaultFixture fixture) : IClassFixture<VaultFixture>
{
    [Theory]
    [InlineData("POST", "/v1/recovery")]
    [InlineData("GET", "/v1/vault")]
    public async Task Unknown_wrong_gone_and_erased_slots_look_and_cost_alike(string method, string target)
    {
        var unknown = Party.Code();
        var wrong = Party.Code((await TestAccount.CreateAsync(fixture.Host)).Code.Id);
        var gone = await RemovedAsync();
        var erased = await ErasedAsync();

        using var counts = GateCounts.Start();
        var seen = new List<(string Who, string Answer, (long, long, long) Cost)>();
        foreach (var (who, slot) in new[] {
            ("unknown", unknown), ("wrong", wrong), ("gone", gone), ("erased", erased),
        })
        {
            counts.Reset();
            using var response = await fixture.Host.Client.SendAsync(
                slot.Of(default).Request(fixture.Host.Address, new HttpMethod(method), target));
            await ProblemAssert.IsAsync(response, HttpStatusCode.Unauthorized, "signature-invalid");
            seen.Add((who, await AnswerShape.OfAsync(response), counts.All));
        }

        Assert.All(seen, one => Assert.Equal((seen[0].Answer, (3L, 3L, 1L)), (one.Answer, one.Cost)));
    }

    [Fact]
    public async Task The_counters_do_tell_a_request_that_costs_more()
    {
        var account = await TestAccount.CreateAsync(fixture.Host);
        using var counts = GateCounts.Start();
        using var response = await account.SendAsync(account.Code, HttpMethod.Post, "/v1/recovery");
        Assert.Equal(HttpStatusCode.OK, response.StatusCode);
        Assert.Equal((3, 7, 1), counts.All);
    }

    [Fact]
    public async Task Unknown_accounts_and_devices_look_and_cost_like_a_wrong_signature()
    {
        var account = await TestAccount.CreateAsync(fixture.Host);
        var stranger = Party.Device();
        using var wrong = new Signer(account.Phone.Of(account.Id).KeyId, stranger.Signing);
        using var counts = GateCounts.Start();
        var seen = new List<(string, (long, long, long))>();
        foreach (var signer in new[] { wrong, stranger.Of(account.Id), stranger.Of(new(new byte[16])) })
        {
            counts.Reset();
            using var response =
                await fixture.Host.Client.SendAsync(signer.Request(fixture.Host.Address, HttpMethod.Get, "/v1/vault"));
            await ProblemAssert.IsAsync(response, HttpStatusCode.Unauthorized, "signature-invalid");
            seen.Add((await AnswerShape.OfAsync(response), counts.All));
        }

        Assert.All(seen, one => Assert.Equal((seen[0].Item1, (2L, 2L, 1L)), one));
    }

    private async Task<Party> RemovedAsync()
    {
        var account = await TestAccount.CreateAsync(fixture.Host);
        await account.CommittedAsync(
            account.Phone, TestAccount.LinkCommit(await account.OpenAsync(), account.Phone, [], [account.Code.Id]));
        return account.Code;
    }

    // The one exception: whoever holds the right code must not hear that it is wrong, and nothing is there to tell them
    // by.
    [Fact]
    public async Task Where_the_data_are_lost_a_slot_is_told_so()
    {
        using var response = await fixture.Host.Client.SendAsync(
            (await LostAsync()).Of(default).Request(fixture.Host.Address, HttpMethod.Post, "/v1/recovery"));
        await ProblemAssert.IsAsync(response, HttpStatusCode.Conflict, "vault-lost");
    }

    // A tombstone, put by hand.
    private async Task<Party> ErasedAsync()
    {
        var (account, row) = await CreateAndFindKeyRowAsync();
        var tombstone = KeyRow.Decode(row.Value) with { State = KeyRowState.Erased, WrappedSubjectKey = default };
        await WriteAsync(Pair.Keys, new RowWrite.Replace(row, tombstone.Encode()));
        using var device = await account.SendAsync(account.Phone, HttpMethod.Get, "/v1/vault");
        await ProblemAssert.IsAsync(device, HttpStatusCode.Gone, "erased");
        return account.Code;
    }

    private async Task<Party> LostAsync()
    {
        var before = await RowsAsync(Pair.Data, Table.Accounts);
        var account = await TestAccount.CreateAsync(fixture.Host);
        var row = (await RowsAsync(Pair.Data, Table.Accounts)).Single(r => before.All(b => b.Key != r.Key));
        await WriteAsync(Pair.Data, new RowWrite.Remove(row.Key));
        using var device = await account.SendAsync(account.Phone, HttpMethod.Get, "/v1/vault");
        await ProblemAssert.IsAsync(device, HttpStatusCode.Conflict, "vault-lost");
        return account.Code;
    }

    private IStoreSet Pair => fixture.Host.Services.GetRequiredService<ServerStores>().Pair;

    private async Task<(TestAccount, Row)> CreateAndFindKeyRowAsync()
    {
        var before = await RowsAsync(Pair.Keys, Table.KeyRows);
        var account = await TestAccount.CreateAsync(fixture.Host);
        return (account, (await RowsAsync(Pair.Keys, Table.KeyRows)).Single(r => before.All(b => b.Key != r.Key)));
    }

    private static async Task<List<Row>> RowsAsync(IRowStore store, Table table)
    {
        var rows = new List<Row>();
        await foreach (var row in store.ScanAsync(table, CancellationToken.None)) rows.Add(row);
        return rows;
    }

    private static async Task WriteAsync(IRowStore store, RowWrite write) =>
        Assert.IsType<WriteResult.Written>(await store.WriteAsync([write], CancellationToken.None));
}
