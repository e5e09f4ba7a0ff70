using System.Text.Json.Nodes;
using KeyRecovery.Service.Clocks;
using KeyRecovery.Service.Stores;
using KeyRecovery.Service.Tables;
using KeyRecovery.Storage.Cosmos;
using KeyRecovery.Storage.Cosmos.Connections;
using KeyRecovery.Storage.Cosmos.Options;
using KeyRecovery.Storage.Tests.Support;
using KeyRecovery.Testing.Needs;
using Microsoft.Azure.Cosmos;
using Microsoft.Extensions.Logging.Abstractions;

namespace KeyRecovery.Storage.Tests.Cosmos;

/// <summary>Two accounts are opened as they were left, and as the service needs them, or not at all.</summary>
public sealed class CosmosOpeningTests(CosmosFixture cosmos) : IClassFixture<CosmosFixture>
{
    private static readonly PartitionKey PairPartition = new("pair");

    private readonly string _name = $"test-{Guid.NewGuid():N}";

    private static CosmosStoreHome Home(
        CosmosAccountOptions data, CosmosAccountOptions keys, TableRegistry? tables = null) =>
        new(
            data, keys, SystemRandom.Instance, new ServerClock(TimeProvider.System), NullLoggerFactory.Instance,
            tables);

    private CosmosStoreHome Home(TableRegistry? tables = null) =>
        Home(Account(StoreKind.Data), Account(StoreKind.Keys), tables);

    private CosmosAccountOptions Account(StoreKind kind, string suffix = "", Action<JsonNode>? change = null) =>
        cosmos.Emulator.Account(
            kind, _name + suffix, change is null ? null : next => new ChangedAccount(next, change));

    private static async Task RefusedAsync(Func<Task> open, params string[] because)
    {
        var refusal = await Assert.ThrowsAsync<StoreOpenException>(open);
        Assert.All(because, part => Assert.Contains(part, refusal.Message, StringComparison.Ordinal));
    }

    private async Task EditAsync(StoreKind kind, Func<Container, Task> edit)
    {
        await using var pair = (CosmosStorePair)await Home().OpenAsync();
        await edit(pair.Clients.ElementAt(kind == StoreKind.Data ? 0 : 1).GetContainer(_name, "server"));
    }

    private Task EditPairAsync(StoreKind kind, Action<JsonNode> change) => EditAsync(kind, async server =>
    {
        using var read = await server.ReadItemStreamAsync("pair", PairPartition);
        var document = (await JsonNode.ParseAsync(read.Content))!;
        change(document);
        using var changed = new MemoryStream(System.Text.Encoding.UTF8.GetBytes(document.ToJsonString()));
        using var written = await server.UpsertItemStreamAsync(changed, PairPartition);
        written.EnsureSuccessStatusCode();
    });

    [NeedsFact(Need.CosmosEmulator)]
    public async Task A_pair_is_made_once_and_found_again_with_its_rows()
    {
        await Home().MigrateAsync();
        ReadOnlyMemory<byte> id;
        var key = new RowKey(Table.Accounts, new byte[] { 1 });
        await using (var first = await Home().OpenAsync())
        {
            id = first.PairId;
            await first.Data.WriteAsync([new RowWrite.Create(key, new byte[] { 1 })], default);
        }

        await Home().MigrateAsync();
        await using var second = await Home().OpenAsync();
        Assert.Equal(16, id.Length);
        Assert.Equal(id.ToArray(), second.PairId.ToArray());
        Assert.NotNull(await second.Data.ReadAsync(key, default));
        Assert.True((await second.CheckAsync()).IsSound);
    }

    [NeedsFact(Need.CosmosEmulator)]
    public async Task Processes_that_migrate_at_once_make_one_pair()
    {
        await Task.WhenAll(Enumerable.Range(0, 8).Select(_ => Task.Run(() => Home().MigrateAsync())));
        await using var pair = await Home().OpenAsync();
        Assert.True((await pair.CheckAsync()).IsSound);
    }

    [NeedsFact(Need.CosmosEmulator)]
    public async Task What_was_not_migrated_is_not_opened_and_nothing_is_made()
    {
        await RefusedAsync(
            () => Home().OpenAsync(), "no container vault", "no container keyrows", _name, "run migrate");
        await RefusedAsync(() => Home().OpenAsync(), "no container vault");
    }

    [NeedsTheory(Need.CosmosEmulator)]
    [InlineData("Session")]
    [InlineData("Eventual")]
    [InlineData("BoundedStaleness")]
    [InlineData("ConsistentPrefix")]
    public async Task An_account_that_is_less_than_strong_is_refused(string consistency)
    {
        await Home().MigrateAsync();
        foreach (var kind in Enum.GetValues<StoreKind>())
        {
            var weak = Account(kind, change: a => a["userConsistencyPolicy"]!["defaultConsistencyLevel"] = consistency);
            var home = kind == StoreKind.Data
                ? Home(weak, Account(StoreKind.Keys)) : Home(Account(StoreKind.Data), weak);
            await RefusedAsync(() => home.OpenAsync(), consistency, "Strong", kind == StoreKind.Data ? "data" : "key");
            await RefusedAsync(() => home.MigrateAsync(), consistency);
        }
    }

    [NeedsFact(Need.CosmosEmulator)]
    public async Task An_account_with_two_write_regions_is_refused()
    {
        await Home().MigrateAsync();
        var wide = Account(StoreKind.Keys, change: account =>
        {
            var second = account["writableLocations"]![0]!.DeepClone();
            second["name"] = "North Europe";
            account["writableLocations"]!.AsArray().Add(second);
        });
        await RefusedAsync(() => Home(Account(StoreKind.Data), wide).OpenAsync(), "2 regions");
    }

    [NeedsFact(Need.CosmosEmulator)]
    public async Task One_account_for_both_stores_is_refused() => await RefusedAsync(
        () => Home(Account(StoreKind.Data), Account(StoreKind.Data, "-keys")).OpenAsync(), "an account each");

    [NeedsFact(Need.CosmosEmulator)]
    public async Task Stores_of_two_pairs_are_refused()
    {
        await Home().MigrateAsync();
        await Home(Account(StoreKind.Data, "-other"), Account(StoreKind.Keys, "-other")).MigrateAsync();
        var mixed = Home(Account(StoreKind.Data), Account(StoreKind.Keys, "-other"));
        await RefusedAsync(() => mixed.OpenAsync(), "do not belong together");
        await RefusedAsync(() => mixed.MigrateAsync(), "do not belong together");
    }

    [NeedsFact(Need.CosmosEmulator)]
    public async Task A_lost_store_is_not_replaced_by_an_empty_one()
    {
        await Home().MigrateAsync();
        await RefusedAsync(() => Home(Account(StoreKind.Data, "-new"), Account(StoreKind.Keys)).MigrateAsync(),
            "is empty", "data store");
        await RefusedAsync(() => Home(Account(StoreKind.Data), Account(StoreKind.Keys, "-new")).MigrateAsync(),
            "is empty", "key store");
    }

    [NeedsFact(Need.CosmosEmulator)]
    public async Task A_store_of_a_newer_schema_is_refused()
    {
        await Home().MigrateAsync();
        await EditPairAsync(StoreKind.Data, pair => pair["least"] = 99);
        await RefusedAsync(() => Home().OpenAsync(), "newer version", "99");
        await RefusedAsync(() => Home().MigrateAsync(), "newer version", "99");
    }

    [NeedsFact(Need.CosmosEmulator)]
    public async Task A_store_of_an_older_schema_waits_for_migrate()
    {
        await Home().MigrateAsync();
        var newer = TableRegistry.Default.With(Table.Of(200, "new", StoreKind.Keys, RowsOf.Server, 50));
        await RefusedAsync(() => Home(newer).OpenAsync(), "run migrate");
        await Home(newer).MigrateAsync(Migration.Whole);
        await using (await Home(newer).OpenAsync()) { }
        await RefusedAsync(() => Home().OpenAsync(), "newer version", "50");
    }

    [NeedsTheory(Need.CosmosEmulator)]
    [InlineData("store", "\"data\"")]
    [InlineData("pair", "\"AAAA\"")]
    [InlineData("pair", "7")]
    [InlineData("schema", "\"6\"")]
    [InlineData("complete", "null")]
    public async Task A_pairs_document_that_is_not_ours_is_refused(string name, string value)
    {
        await Home().MigrateAsync();
        await EditPairAsync(StoreKind.Keys, pair => pair[name] = JsonNode.Parse(value));
        await RefusedAsync(() => Home().OpenAsync(), "not a KeyRecovery key store");
    }

    [NeedsFact(Need.CosmosEmulator)]
    public async Task A_container_of_another_partition_is_refused()
    {
        await Home().MigrateAsync();
        await EditAsync(StoreKind.Data, async server =>
        {
            await server.Database.GetContainer("vault").DeleteContainerAsync();
            await server.Database.CreateContainerAsync("vault", "/id");
        });
        await RefusedAsync(() => Home().OpenAsync(), "partitioned by /id");
    }

    [NeedsFact(Need.CosmosEmulator)]
    public async Task A_container_that_goes_away_is_no_row_that_is_absent()
    {
        await Home().MigrateAsync();
        await using var pair = (CosmosStorePair)await Home().OpenAsync();
        var key = new RowKey(Table.Accounts, new byte[] { 1 });
        Assert.Null(await pair.Data.ReadAsync(key, default));
        await pair.Clients.First().GetContainer(_name, "accounts").DeleteContainerAsync();
        await Assert.ThrowsAsync<StoreUnavailableException>(async () => await pair.Data.ReadAsync(key, default));
        var row = new Row(key, default, 1, 1, RowToken.Of("x"));
        RowWrite[] writes = [new RowWrite.Delete(row), new RowWrite.Replace(row, default), new RowWrite.Remove(key)];
        foreach (var write in writes)
            Assert.IsType<WriteResult.Unavailable>(await pair.Data.WriteAsync([write], default));
        Assert.Single((await pair.CheckAsync()).Data);
    }

    [NeedsFact(Need.CosmosEmulator)]
    public async Task A_container_that_the_SDK_has_never_seen_is_no_row_that_is_absent()
    {
        await Home().MigrateAsync();
        using var account = new StoreAccount(Account(StoreKind.Data), StoreKind.Data, NullLogger.Instance);
        var container = account.Container("gone");
        using var read = await account.AskAsync(
            ct => container.ReadItemStreamAsync("id", PairPartition, null, ct), default);
        Assert.False(read.IsAbsent, $"{read}");
        using var deleted = await account.AskAsync(
            ct => container.DeleteItemStreamAsync("id", PairPartition, null, ct), default);
        Assert.False(deleted.IsAbsent, $"{deleted}");
    }

    /// <summary>The emulator's own ids are another with each database: some of them need to be put right.</summary>
    [NeedsFact(Need.CosmosEmulator)]
    public async Task Scans_go_through_containers_whatever_own_ids_they_have()
    {
        for (var i = 0; i < 64; i++)
        {
            var home = Home(Account(StoreKind.Data, $"-{i}"), Account(StoreKind.Keys, $"-{i}"));
            await home.MigrateAsync();
            await using var pair = await home.OpenAsync();
            await foreach (var _ in pair.Keys.ScanAsync(Table.KeyRows, default)) { }
            await foreach (var _ in pair.Data.ScanAsync(Table.LogIndex, default)) { }
        }
    }

    private sealed class ChangedAccount(HttpMessageHandler next, Action<JsonNode> change) : DelegatingHandler(next)
    {
        protected override async Task<HttpResponseMessage> SendAsync(
            HttpRequestMessage request, CancellationToken cancellationToken)
        {
            var response = await base.SendAsync(request, cancellationToken);
            if (request.RequestUri!.AbsolutePath != "/") return response;
            var body = JsonNode.Parse(await response.Content.ReadAsStringAsync(cancellationToken))!;
            change(body);
            response.Content = new StringContent(body.ToJsonString());
            return response;
        }
    }
}
