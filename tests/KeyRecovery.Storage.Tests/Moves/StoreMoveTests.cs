using System.Text.Json.Nodes;
using KeyRecovery.Service.Moves;
using KeyRecovery.Service.Stores;
using KeyRecovery.Storage.Cosmos;
using KeyRecovery.Storage.Cosmos.Connections;
using KeyRecovery.Storage.Cosmos.Documents;
using KeyRecovery.Storage.Tests.Support;
using KeyRecovery.Testing.Needs;
using KeyRecovery.Testing.Stores.Cosmos;
using Microsoft.Azure.Cosmos;
using static KeyRecovery.Storage.Tests.Moves.MoveWorld;

namespace KeyRecovery.Storage.Tests.Moves;

/// <summary>
/// A move brings each row as it was, goes on where it was cut, and never are both ends served.
/// </summary>
public sealed class StoreMoveTests(CosmosFixture cosmos) : IClassFixture<CosmosFixture>, IDisposable
{
    private static readonly Table[] Few =
        [Table.Accounts, Table.Items, Table.LogIndex, Table.KeyRows, Table.Slots, Table.Leases];

    private readonly MoveWorld _world = new(cosmos.Emulator);

    public void Dispose() => _world.Dispose();

    [NeedsFact(Need.CosmosEmulator)]
    public async Task Every_row_comes_as_it_was_and_the_source_keeps_it()
    {
        await _world.FillAsync(each: 3);
        var (all, moved) = (await RowsAsync(_world.From), await RowsAsync(_world.From, withEphemeral: false));
        var plan = await _world.Move().PlanAsync(default);
        await OpensAsync(_world.From);
        Assert.Equal((moved.Count, all.Count - moved.Count), (plan.Rows, plan.StaysBehind));
        Assert.NotEqual(0, plan.StaysBehind);
        Assert.InRange(plan.Charge, plan.Rows * (4.95 + 3), plan.Rows * (6.29 + 5));

        Assert.Equal(plan.Rows, (await _world.Move().RunAsync(default))!.Rows);

        Assert.Equal(moved, await RowsAsync(_world.To));
        Assert.Equal(all, await RowsAsync(_world.From));
        await RefusedAsync<StoreOpenException>(() => OpensAsync(_world.From), "was moved to", _world.Name, "--give-up");
        // Done is done, before anybody has opened it and behind it.
        Assert.Null(await _world.Move().RunAsync(default));
        await OpensAsync(_world.To);
        Assert.Null(await _world.Move().RunAsync(default));
        await RefusedAsync<MoveRefusedException>(() => _world.Move().GiveUpAsync(default), "has opened");
        await RefusedAsync<StoreOpenException>(() => OpensAsync(_world.From), "was moved to");
        await using var source = await _world.From.OpenToReadAsync();
        await using var target = await _world.To.OpenAsync();
        Assert.Equal(source.PairId.ToArray(), target.PairId.ToArray());
    }

    /// <summary>Each request to a document in turn is the last that gets through, done or not.</summary>
    [NeedsTheory(Need.CosmosEmulator)]
    [InlineData(false)]
    [InlineData(true)]
    public async Task Cut_at_any_request_it_goes_on_and_until_then_neither_end_is_served(bool isDone)
    {
        var cuts = 0;
        for (var at = 1; ; at++)
        {
            using var world = new MoveWorld(cosmos.Emulator);
            await world.FillAsync(1, Few);
            var (before, moved) = (await RowsAsync(world.From), await RowsAsync(world.From, withEphemeral: false));
            var death = new Death(at, isDone);
            var to = world.Accounts(death.Between, FaultyNetwork.Limits);
            if (await Record.ExceptionAsync(() => world.Move(to).RunAsync(default)) is not { } fault) break;
            Assert.IsType<StoreUnavailableException>(fault);
            cuts++;
            var mark = world.From.MoveOf();
            // Where the source is not fenced yet, the destination is not there; where it is not left, not whole.
            await Assert.ThrowsAsync<StoreOpenException>(() => OpensAsync(mark is null ? world.To : world.From));
            if (mark is { State: MoveState.Leaving })
                await Assert.ThrowsAsync<StoreOpenException>(() => OpensAsync(world.To));
            await world.Move().RunAsync(default);
            Assert.Equal(moved, await RowsAsync(world.To));
            Assert.Equal(before, await RowsAsync(world.From));
            await OpensAsync(world.To);
            await Assert.ThrowsAsync<StoreOpenException>(() => OpensAsync(world.From));
            await cosmos.Emulator.DeleteAsync(world.Name);
        }

        Assert.InRange(cuts, isDone ? 8 : 30, isDone ? 12 : 80);
    }

    [NeedsTheory(Need.CosmosEmulator)]
    [InlineData("429")]
    [InlineData("449")]
    [InlineData("503, done")]
    [InlineData("reset, done")]
    public async Task Faults_that_pass_are_passed(string name)
    {
        await _world.FillAsync(2, Few);
        var moved = await RowsAsync(_world.From, withEphemeral: false);
        var network = new FaultyNetwork { Script = new NetworkScript(NetworkFault.All[name], 3) };
        await _world.Move(_world.Accounts(network.Between, FaultyNetwork.Limits)).RunAsync(default);
        Assert.True(network.Script.HasStruck);
        Assert.Equal(moved, await RowsAsync(_world.To));
    }

    [NeedsFact(Need.CosmosEmulator)]
    public async Task What_is_too_large_is_named_before_anything_is_done()
    {
        await _world.FillAsync(1, Few);
        byte[] id = [7, 7, 7, 7];
        await using (var pair = await _world.From.OpenAsync())
            await PutAsync(
                pair, new Row(new RowKey(Table.Items, id), new byte[RowDocument.MaxSize * 3 / 4], 1, 1));
        await RefusedAsync<MoveRefusedException>(
            () => _world.Move().RunAsync(default), "nothing was moved", "items 07070707");
        Assert.Contains("items 07070707", Assert.Single((await _world.Move().PlanAsync(default)).TooLarge));
        await OpensAsync(_world.From);
        await RefusedAsync<StoreOpenException>(() => OpensAsync(_world.To), "run migrate");
    }

    [NeedsFact(Need.CosmosEmulator)]
    public async Task A_destination_that_is_another_server_is_refused_and_the_source_stays_open()
    {
        await _world.FillAsync(1, Few);
        await _world.To.MigrateAsync();
        await RefusedAsync<MoveRefusedException>(
            () => _world.Move().RunAsync(default), "another server's", _world.Name);
        await RefusedAsync<MoveRefusedException>(() => _world.Move().PlanAsync(default), "another server's");
        await OpensAsync(_world.From);
        await OpensAsync(_world.To);
    }

    [NeedsTheory(Need.CosmosEmulator)]
    [InlineData(StoreKind.Data)]
    [InlineData(StoreKind.Keys)]
    public async Task A_destination_with_something_in_it_is_refused(StoreKind kind)
    {
        await _world.FillAsync(1, Few);
        await _world.To.MigrateAsync();
        await using (var pair = (CosmosStorePair)await _world.To.OpenAsync())
        {
            var table = kind == StoreKind.Data ? Table.Links : Table.Subjects;
            await PutAsync(pair, new Row(new RowKey(table, SystemRandom.Bytes(20)), new byte[3], 1, 1));
            foreach (var client in pair.Clients)
                using (await client.GetContainer(_world.Name, "server")
                    .DeleteItemStreamAsync("pair", new PartitionKey("pair"))) { }
        }

        await RefusedAsync<MoveRefusedException>(
            () => _world.Move().RunAsync(default), "not empty", kind == StoreKind.Data ? "vault/2." : "lookups/65.");
        await OpensAsync(_world.From);
    }

    [NeedsFact(Need.CosmosEmulator)]
    public async Task A_server_that_runs_is_not_moved_from_under()
    {
        await _world.FillAsync(1, Few);
        await using (await _world.From.OpenAsync())
            await RefusedAsync<StoreOpenException>(() => _world.Move().RunAsync(default), "in use by another process");
        using var empty = new MoveWorld(cosmos.Emulator);
        await RefusedAsync<StoreOpenException>(() => empty.Move().RunAsync(default), "does not exist");
        Assert.False(File.Exists(empty.Folder.KeyPath));
    }

    /// <summary>Somebody writes to the destination when the last row was copied.</summary>
    [NeedsTheory(Need.CosmosEmulator)]
    [InlineData("nothing", null)]
    [InlineData("bytes", "has other bytes")]
    [InlineData("version", "has version 9 and not 1")]
    [InlineData("hour", "has hour 9 and not 400000")]
    [InlineData("less", "is not there")]
    [InlineData("more", "and the source has not")]
    [InlineData("ephemeral", "and the source has not")]
    [InlineData("stranger", "vault/no row, and the source has not")]
    [InlineData("twice", "lists 6 rows of the 5")]
    public async Task A_copy_that_is_not_like_its_source_stays_closed_and_says_which_row(string what, string? words)
    {
        await _world.FillAsync(1, Few);
        var id = await FirstIdAsync(Table.Items);
        var move = _world.Move(progress: new AtEndOfCopy(() => ChangeAsync(what, id)));
        var refused = await Record.ExceptionAsync(() => move.RunAsync(default));
        if (words is null)
        {
            Assert.Null(refused);
            return;
        }

        Assert.Contains(words, Assert.IsType<MoveRefusedException>(refused).Message, StringComparison.Ordinal);
        await Assert.ThrowsAsync<StoreOpenException>(() => OpensAsync(_world.To));
        Assert.Equal(MoveState.Leaving, _world.From.MoveOf()!.State);
        // What has other bytes is not written over by who goes on.
        if (what == "bytes")
            await RefusedAsync<MoveRefusedException>(() => _world.Move().RunAsync(default), "Nothing was overwritten");
    }

    private async Task ChangeAsync(string what, byte[] id)
    {
        var name = DocumentName.Of(new RowKey(Table.Items, id));
        var partition = new PartitionKey(name.Partition);
        using var client = Clients.Make(_world.Account(StoreKind.Data));
        var vault = client.GetContainer(_world.Name, "vault");
        using var read = await vault.ReadItemStreamAsync(name.Id, partition);
        var document = (await JsonNode.ParseAsync(read.Content))!;
        switch (what)
        {
            case "bytes": document["d"] = "AAAA"; break;
            case "version": document["v"] = 9; break;
            case "hour": document["h"] = 9; break;
            case "more": Rename(new RowKey(Table.Items, SystemRandom.Bytes(20))); break;
            case "stranger": document["id"] = "no row"; break;
            case "twice": document["pk"] = "elsewhere"; partition = new PartitionKey("elsewhere"); break;
            case "less":
                using (await vault.DeleteItemStreamAsync(name.Id, partition)) return;
            case "ephemeral":
                Rename(new RowKey(Table.LinkSessions, SystemRandom.Bytes(20)));
                vault = client.GetContainer(_world.Name, "relay");
                break;
            default: return;
        }

        using var body = new MemoryStream(System.Text.Encoding.UTF8.GetBytes(document.ToJsonString()));
        using var written = await vault.UpsertItemStreamAsync(body, partition);
        written.EnsureSuccessStatusCode();

        void Rename(RowKey key)
        {
            var other = DocumentName.Of(key);
            (document["id"], document["pk"]) = (other.Id, other.Partition);
            partition = new PartitionKey(other.Partition);
        }
    }

    private async Task<byte[]> FirstIdAsync(Table table)
    {
        await using var pair = await _world.From.OpenToReadAsync();
        await foreach (var row in Of(pair, table).ScanAsync(table, default)) return row.Key.Id.ToArray();
        throw new InvalidOperationException();
    }

    private sealed class AtEndOfCopy(Func<Task> act) : IProgress<MoveProgress>
    {
        public void Report(MoveProgress value)
        {
            if (value.Phase == MovePhase.Copying && value.Rows == value.OfRows) act().GetAwaiter().GetResult();
        }
    }
}
