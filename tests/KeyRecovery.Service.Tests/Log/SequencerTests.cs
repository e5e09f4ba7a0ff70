using KeyRecovery.Protocol.Audit.Log;
using KeyRecovery.Protocol.Vault;
using KeyRecovery.Protocol.Wire;
using KeyRecovery.Service.Accounts;
using KeyRecovery.Service.Errors;
using KeyRecovery.Service.Log;
using KeyRecovery.Service.Stores;
using KeyRecovery.Service.Tests.Steps;
using KeyRecovery.Service.Tests.Support;
using KeyRecovery.Testing;
using KeyRecovery.Testing.Stores;

namespace KeyRecovery.Service.Tests.Log;

/// <summary>Every committed change becomes exactly one leaf, in the order of its account.</summary>
public sealed class SequencerTests
{
    [Fact]
    public async Task Each_change_of_each_account_is_one_leaf_in_its_order()
    {
        await using var world = await StepWorld.OpenAsync();
        var server = world.Server;
        await server.Service.Log!.OpenAsync(default);
        StepAccount[] users =
            [await world.NewAccountAsync(), await world.NewAccountAsync(), await world.NewAccountAsync()];
        for (var round = 0; round < 40; round++)
        {
            await CommitAsync(users[round % users.Length]);
            if (round % 7 == 0) await server.Service.Log.PassAsync(default);
        }

        await server.Service.Log.PassAsync(default);

        Assert.Equal(0, await LogWorld.WaitingAsync(server));
        await AreInAsync(server, users);
        var again = await server.Service.Log.PassAsync(default);
        Assert.Equal((0, 43UL), (again.Appended, again.Size));
        await world.SweptAsync();
    }

    // Were its tiles there and no checkpoint of them, and were the keys then lost, the log could not go on from either.
    [Fact]
    public async Task A_pass_that_is_stopped_at_any_step_publishes_what_has_its_place()
    {
        await using var world = await StepWorld.OpenAsync();
        await world.Server.Service.Log!.OpenAsync(default);
        await world.AtEachStepAsync(StepFate.Frozen, 3, async round =>
        {
            await world.NewAccountAsync();
            using var stop = new CancellationTokenSource();
            await round.DoAsync(
                async () =>
                {
                    try
                    {
                        await world.Server.Service.Log!.PassAsync(stop.Token);
                    }
                    catch (OperationCanceledException)
                    {
                        // As a server does that stops.
                    }

                    return "";
                },
                () => stop.CancelAsync());
            var heads = new List<LogHead>();
            await foreach (var row in world.Server.Keys.ScanAsync(Table.LogHeads, default))
                heads.Add(LogHead.Decode(row.Value));
            var published = await File.ReadAllLinesAsync(Path.Combine(world.Server.LogPath, "checkpoint"));
            Assert.Equal($"{Assert.Single(heads).Size}", published[1]);
        });
    }

    [Fact]
    public async Task Several_tiles_and_a_batch_that_fills_one()
    {
        await using var world = await StepWorld.OpenAsync();
        var server = world.Server;
        server.CommitsPerDay = 100_000;
        await server.Service.Log!.OpenAsync(default);
        var user = await world.NewAccountAsync();
        for (var round = 0; round < 600; round++)
        {
            await CommitAsync(user);
            if (round is 200 or 254 or 520) await server.Service.Log.PassAsync(default);
        }

        await server.Service.Log.PassAsync(default);

        await AreInAsync(server, [user]);
        Assert.False(Directory.Exists(Path.Combine(server.LogPath, "tile", "0", "000.p")));
        Assert.True(File.Exists(Path.Combine(server.LogPath, "tile", "0", "001")));
        Assert.True(File.Exists(Path.Combine(server.LogPath, "tile", "1", "000.p", "2")));
    }

    [Fact]
    public async Task What_never_came_to_pass_is_no_leaf_and_what_may_still_is_kept()
    {
        await using var world = await StepWorld.OpenAsync();
        var server = world.Server;
        await server.Service.Log!.OpenAsync(default);
        var user = await world.NewAccountAsync();
        await server.Service.Log.PassAsync(default);
        var commit = user.Account.Commit(user.Phone, new AccountChange { Put = [(user.Item, [1])] });
        user.Account.Forget();
        using (var open = await user.PassAsync())
            // Behind the item, the manifest, the history and the outbox row.
            await world.CutAsync(4, () => server.Other.Commits.CommitAsync(open, commit, default).AsTask());
        Assert.Equal(1, await LogWorld.WaitingAsync(server));

        var first = await server.Service.Log.PassAsync(default);
        await CommitAsync(user);
        var second = await server.Service.Log.PassAsync(default);

        Assert.Equal((0, 1), (first.Appended, first.Undecided));
        Assert.Equal((1, 0), (second.Appended, second.Undecided));
        Assert.Equal(0, await LogWorld.WaitingAsync(server));
        await AreInAsync(server, [user]);
    }

    [Fact]
    public async Task What_waits_when_its_account_is_erased_is_appended_however_late_the_log_comes()
    {
        await using var world = await StepWorld.OpenAsync();
        var server = world.Server;
        server.ErasureHold = TimeSpan.Zero;
        await server.Service.Log!.OpenAsync(default);
        var (gone, stays) = (await world.NewAccountAsync(), await world.NewAccountAsync());
        await CommitAsync(gone);
        RowKey stray;
        using (var open = await gone.PassAsync())
        {
            await server.Service.Erasures.RequestAsync(open, 0, default);
            stray = open.Rows.Manifest(Hash256.Of("behind the fence"u8));
        }

        await server.Service.Erasures.ResumeAsync(default);
        await server.Data.WriteAsync([new RowWrite.Create(stray, new byte[] { 1 })], default);
        // The fence would go by now, and what was committed could not be told any more. What came behind it goes.
        server.Time.Advance(TimeSpan.FromDays(4));
        await server.Service.Sweeper.SweepAsync(TimeSpan.FromDays(1), default);
        Assert.Null(await server.Data.ReadAsync(stray, default));

        var late = await server.Service.Log.PassAsync(default);

        Assert.Equal((5, 0), (late.Appended, late.Undecided));
        Assert.Equal(
            [AuditEvent.Created, AuditEvent.Committed, AuditEvent.ErasureRequested, AuditEvent.Erased],
            (await LogWorld.LeavesAsync(server)).Select(leaf => AuditLeaf.Decode(leaf).Event).Distinct().Order());
        Assert.Equal(0, await LogWorld.WaitingAsync(server));
        await world.SweepAsync();
        await foreach (var row in server.Data.ScanAsync(Table.Accounts, default))
            Assert.NotEqual(22, row.Value.Length);
        await CommitAsync(stays);
        await server.Service.Log.PassAsync(default);
        await world.SoundAsync();
    }

    [Fact]
    public void A_change_that_ends_behind_the_server_is_no_failure()
    {
        var signal = new LogSignal();
        signal.Dispose();
        signal.Wake();
    }

    [Fact]
    public async Task The_check_names_a_change_without_a_leaf_a_leaf_without_a_place_and_a_checkpoint_of_another_tree()
    {
        await using var world = await StepWorld.OpenAsync();
        var server = world.Server;
        await server.Service.Log!.OpenAsync(default);
        var user = await world.NewAccountAsync();
        await CommitAsync(user);
        await world.SoundAsync();
        await foreach (var row in server.Data.ScanAsync(Table.Outbox, default))
        {
            await server.Data.WriteAsync([new RowWrite.Remove(row.Key)], default);
            break;
        }

        Assert.Contains("has no leaf", Assert.Single((await server.Service.Audit.RunAsync(default)).Damaged));
        var other = await world.NewAccountAsync();
        await server.Service.Log.PassAsync(default);
        await foreach (var row in server.Data.ScanAsync(Table.LogIndex, default))
            await server.Data.WriteAsync([new RowWrite.Remove(row.Key)], default);

        var damaged = (await server.Service.Audit.RunAsync(default)).Damaged;

        Assert.Contains(damaged, fault => fault.Contains("has no place", StringComparison.Ordinal));
        var path = Path.Combine(server.LogPath, "checkpoint");
        var note = (await File.ReadAllLinesAsync(path)).ToArray();
        note[2] = Convert.ToBase64String(new byte[32]);
        await File.WriteAllTextAsync(path, string.Join('\n', note) + "\n");
        damaged = (await server.Service.Audit.RunAsync(default)).Damaged;
        Assert.Contains(damaged, fault => fault.Contains("that was published", StringComparison.Ordinal));
        Assert.NotNull(other);
    }

    internal static async Task CommitAsync(StepAccount user)
    {
        using var open = await user.PassAsync();
        var commit = user.Account.Commit(
            user.Phone, new AccountChange { Put = [(user.Item, user.World.Random.Bytes(20))] });
        Assert.IsType<Outcome<Heads>.Done>(
            await user.World.Server.Service.Commits.CommitAsync(open, commit, default));
    }

    /// <summary>The log has each change of these accounts once, in their order, and nothing else.</summary>
    internal static async Task AreInAsync(TestService server, params StepAccount[] users)
    {
        var leaves = (await LogWorld.LeavesAsync(server)).Select(leaf => MerkleTree.LeafHash(leaf.Span)).ToList();
        var done = 0;
        foreach (var user in users)
        {
            var own = await LogWorld.DoneAsync(server, user.Account, user.Phone);
            Assert.Equal(own, leaves.Where(own.Contains));
            done += own.Count;
        }

        Assert.Equal(done, leaves.Count);
    }
}
