using KeyRecovery.Service.Moves;
using KeyRecovery.Service.Stores;
using KeyRecovery.Storage.Sqlite.Connections;
using KeyRecovery.Testing.Needs;
using KeyRecovery.Testing.Stores.Cosmos;
using KeyRecovery.Storage.Tests.Support;
using static KeyRecovery.Storage.Tests.Moves.MoveWorld;

namespace KeyRecovery.Storage.Tests.Moves;

/// <summary>What keeps two ends from being served, and the way back as long as there is one.</summary>
public sealed class MoveFenceTests(CosmosFixture cosmos) : IClassFixture<CosmosFixture>, IDisposable
{
    private readonly MoveWorld _world = new(cosmos.Emulator);

    public void Dispose() => _world.Dispose();

    [NeedsFact(Need.CosmosEmulator)]
    public async Task One_marked_file_of_the_two_is_enough_and_an_older_program_knows_neither()
    {
        await _world.FillAsync(1, Table.Items);
        await RefusedAsync<StoreOpenException>(
            async () => await (await HalfMarkedAsync(keys: true)).OpenAsync(), "keys.db is being moved to elsewhere");
        await RefusedAsync<StoreOpenException>(
            async () => await (await HalfMarkedAsync(keys: false)).OpenAsync(), "data.db is being moved to elsewhere");
        Assert.Equal("elsewhere", _world.From.MoveOf()!.Other);
        await using (var source = await _world.From.OpenToLeaveAsync())
        {
            await source.MarkAsync(source.Mark);
            Assert.Equal(MoveState.Leaving, source.Mark!.State);
        }

        using (var bare = Connection.Open(_world.Folder.KeyPath, writable: true))
            Assert.NotEqual($"{0x4B524B45}", bare.Scalar("PRAGMA application_id"));
        await _world.Move().GiveUpAsync(default);
        using (var bare = Connection.Open(_world.Folder.KeyPath, writable: true))
            Assert.Equal($"{0x4B524B45}", bare.Scalar("PRAGMA application_id"));
        await OpensAsync(_world.From);
        Assert.Null(_world.From.MoveOf());
    }

    [NeedsFact(Need.CosmosEmulator)]
    public async Task What_is_opened_to_be_read_writes_nothing()
    {
        await _world.FillAsync(1, Table.Items, Table.KeyRows);
        var before = await RowsAsync(_world.From);
        await using (var pair = await _world.From.OpenToReadAsync())
        {
            var (data, keys) = (new RowKey(Table.Items, new byte[] { 1 }), new RowKey(Table.KeyRows, new byte[] { 1 }));
            var none = new WriteResult.Unavailable(0, StoreFault.Failed);
            Assert.Equal(none, await pair.Data.WriteAsync([new RowWrite.Ensure(data, default)], default));
            Assert.Equal(none, await pair.Data.WriteAnyOrderAsync([new RowWrite.Ensure(data, default)], default));
            Assert.Equal(none, await pair.Keys.WriteAsync([new RowWrite.Ensure(keys, default)], default));
            Assert.False(await pair.Data.ForgetAsync(default));
            Assert.True((await pair.CheckAsync()).IsSound);
        }

        Assert.Equal(before, await RowsAsync(_world.From));
    }

    [NeedsFact(Need.CosmosEmulator)]
    public async Task A_move_that_was_cut_short_is_given_up_without_asking_the_destination()
    {
        await _world.FillAsync(1, Table.Items, Table.KeyRows);
        var before = await RowsAsync(_world.From);
        await Record.ExceptionAsync(() => CutAsync(at: 5));
        Assert.Equal(MoveState.Leaving, _world.From.MoveOf()!.State);
        await RefusedAsync<MoveRefusedException>(
            () => _world.Move(_world.Accounts(suffix: "-other")).RunAsync(default), "on their way to", _world.Name);

        // Nobody is there who could be asked.
        await _world.Move(_world.Accounts(new Death(0, isDone: false).Between)).GiveUpAsync(default);

        Assert.Equal(before, await RowsAsync(_world.From));
        await OpensAsync(_world.From);
        await RefusedAsync<MoveRefusedException>(() => _world.Move().GiveUpAsync(default), "no move has been begun");
        await RefusedAsync<StoreOpenException>(() => OpensAsync(_world.To), "is being filled");
        await RefusedAsync<StoreOpenException>(() => _world.To.MigrateAsync(), "is being filled");
        await RefusedAsync<MoveRefusedException>(
            () => _world.Move().RunAsync(default), "another move has left", "delete those databases");
        await OpensAsync(_world.From);
        await cosmos.Emulator.DeleteAsync(_world.Name);
        await _world.Move().RunAsync(default);
        await OpensAsync(_world.To);
    }

    [NeedsFact(Need.CosmosEmulator)]
    public async Task A_move_that_is_done_is_given_up_as_long_as_nobody_has_opened_the_destination()
    {
        await _world.FillAsync(1, Table.Items, Table.KeyRows);
        await _world.Move().RunAsync(default);
        // Neither who looks nor who migrates will write.
        await RowsAsync(_world.To);
        await _world.To.MigrateAsync();
        await _world.Move().GiveUpAsync(default);
        await OpensAsync(_world.From);
        await RefusedAsync<StoreOpenException>(() => OpensAsync(_world.To), "was given up");
        await RefusedAsync<StoreOpenException>(() => _world.To.OpenToReadAsync(), "was given up");
        await RefusedAsync<MoveRefusedException>(() => _world.Move().RunAsync(default), "another move has left");
    }

    [NeedsFact(Need.CosmosEmulator)]
    public async Task A_destination_that_is_gone_behind_a_move_leads_neither_back_nor_on()
    {
        await _world.FillAsync(1, Table.Items, Table.KeyRows);
        await _world.Move().RunAsync(default);
        await cosmos.Emulator.DeleteAsync(_world.Name);
        await RefusedAsync<MoveRefusedException>(() => _world.Move().GiveUpAsync(default), "nobody can tell");
        await RefusedAsync<MoveRefusedException>(() => _world.Move().RunAsync(default), "nobody can tell");
        await Assert.ThrowsAsync<StoreOpenException>(() => OpensAsync(_world.From));
    }

    /// <summary>Who opens the destination and who gives the move up never both succeed.</summary>
    [NeedsFact(Need.CosmosEmulator)]
    public async Task Opening_and_giving_up_at_once_leave_one_end()
    {
        await _world.FillAsync(1, Table.Items, Table.KeyRows);
        for (var i = 0; i < 6; i++)
        {
            await _world.Move().RunAsync(default);
            var (wait, opened) = (TimeSpan.FromMilliseconds(i * 4), 0);
            var opens = Enumerable.Range(0, 3).Select(_ => Task.Run(async () =>
            {
                await Task.Delay(wait);
                if (await Record.ExceptionAsync(() => OpensAsync(_world.To)) is null)
                    Interlocked.Increment(ref opened);
            }));
            var gave = Task.Run(() => Record.ExceptionAsync(() => _world.Move().GiveUpAsync(default)));
            await Task.WhenAll([.. opens, gave]);
            var isBack = await Record.ExceptionAsync(() => OpensAsync(_world.From)) is null;
            Assert.Equal(await gave is null, isBack);
            Assert.Equal(isBack ? 0 : 3, opened);
            if (!isBack) break;
            await cosmos.Emulator.DeleteAsync(_world.Name);
        }
    }

    private Task CutAsync(int at) =>
        _world.Move(_world.Accounts(new Death(at, isDone: false).Between, FaultyNetwork.Limits)).RunAsync(default);

    // Of a mark that was cut short: of one file alone.
    private async Task<IStoreHome> HalfMarkedAsync(bool keys)
    {
        var path = keys ? _world.Folder.DataPath : _world.Folder.KeyPath;
        await using (var source = await _world.From.OpenToLeaveAsync())
            await source.MarkAsync(new MoveMark(Guid.NewGuid(), MoveState.Leaving, "elsewhere"));
        using (var connection = Connection.Open(path, writable: true))
        {
            connection.Execute("DELETE FROM meta WHERE name = 'move'");
            connection.Execute($"PRAGMA application_id={(keys ? 0x4B524441 : 0x4B524B45)}");
        }

        return _world.From;
    }
}
