using KeyRecovery.Protocol.Vault;
using KeyRecovery.Protocol.Wire;
using KeyRecovery.Service.Accounts;
using KeyRecovery.Service.Errors;
using KeyRecovery.Service.Stores;
using KeyRecovery.Service.Tests.Support;
using KeyRecovery.Testing;

namespace KeyRecovery.Service.Tests.Steps;

/// <summary>
/// What an account has is counted, whatever it does: current and staged items, and older versions (F13).
/// </summary>
public sealed class KeptBytesTests
{
    private const int Content = 200_000;

    [Fact]
    public async Task F13_staged_committed_and_deleted_with_ever_new_ids_an_account_has_at_most_32_MiB()
    {
        await using var world = await StepWorld.OpenAsync();
        var user = await world.NewAccountAsync();
        long most = 0;
        for (var round = 0; round < 60; round++)
        {
            var ids = Enumerable.Range(0, 5).Select(_ => new ItemId(world.Random.Bytes(16))).ToList();
            await CommitStagedAsync(
                world, user, new AccountChange { Put = [.. ids.Select(id => (id, world.Random.Bytes(Content)))] });
            // And some that nothing comes to name.
            await StageAsync(world, user, Stray(user));
            await CommitStagedAsync(world, user, new AccountChange { Delete = [.. ids] });
            most = Math.Max(most, await StoredAsync(world));
        }

        Assert.InRange(most, Limits.KeptBytes / 2, Limits.AccountBytes + Limits.KeptBytes);
        using var open = await user.PassAsync();
        Assert.InRange(open.State.KeptBytes, 1, Limits.KeptBytes);
        await world.SoundAsync(orphans: true);
        await user.ReadsAsync(user.Account.Now);
    }

    [Fact]
    public async Task The_oldest_versions_go_first_and_the_newest_stay()
    {
        await using var world = await StepWorld.OpenAsync();
        var user = await world.NewAccountAsync();
        var ids = Enumerable.Range(0, 12).Select(_ => new ItemId(world.Random.Bytes(16))).ToList();
        for (var version = 0; version < 10; version++)
            foreach (var id in ids)
                await CommitStagedAsync(world, user, new AccountChange { Put = [(id, world.Random.Bytes(Content))] });
        using var open = await user.PassAsync();
        var kept = new List<ulong>();
        foreach (var id in ids)
        {
            var versions = await world.Server.Service.Vaults.ReadVersionsAsync(open, id, default);
            // Without a gap from the newest on, and each is there.
            Assert.Equal(Enumerable.Range(0, versions.Length).Select(i => (ulong)(9 - i)),
                versions.Select(v => v.Entry.Version));
            foreach (var version in versions)
                Assert.Equal(user.Account.Items[version.Entry.Hash],
                    await world.Server.Service.Vaults.FindItemAsync(open, version.Entry.Hash, default));
            kept.Add((ulong)versions.Length);
        }

        // Oldest first over all items: none has lost two more than another.
        Assert.InRange(kept.Max() - kept.Min(), 0ul, 1ul);
        Assert.InRange(kept.Sum(k => (long)k), 40, 84);
    }

    [Fact]
    public async Task A_full_account_is_told_so_by_name_and_number_and_may_shrink()
    {
        await using var world = await StepWorld.OpenAsync();
        var user = await world.NewAccountAsync();
        var ids = new List<ItemId>();
        while (true)
        {
            var id = new ItemId(world.Random.Bytes(16));
            var bundle = user.Account.Commit(
                user.Phone, new AccountChange { Put = [(id, world.Random.Bytes(Content))] });
            if (await TryStageAsync(
                world, user, user.Account.Items[user.Account.Now.Manifest.Manifest.Find(id)!.Hash]) is { } full)
            {
                Assert.Equal(
                    (ErrorCode.LimitReached, "account.size", Limits.AccountBytes), (full.Code, full.Field, full.Most));
                Assert.Equal(user.Account.History[^2].Manifest.Manifest.Items.Sum(i => i.Size), full.Used);
                user.Account.Forget();
                break;
            }

            ids.Add(id);
            Assert.IsType<Outcome<Heads>.Done>(
                await world.Server.CommitAsync(user.Account, user.Phone, bundle with { Items = [] }));
        }

        await CommitStagedAsync(world, user, new AccountChange { Delete = [ids[0]] });
        await CommitStagedAsync(world, user, new AccountChange { Put = [(ids[1], world.Random.Bytes(Content))] });
        await user.ReadsAsync(user.Account.Now);
    }

    private static async Task CommitStagedAsync(StepWorld world, StepAccount user, AccountChange change)
    {
        var bundle = user.Account.Commit(user.Phone, change);
        foreach (var item in bundle.Items) await StageAsync(world, user, item.ToArray());
        Assert.IsType<Outcome<Heads>.Done>(
            await world.Server.CommitAsync(user.Account, user.Phone, bundle with { Items = [] }));
    }

    private static byte[] Stray(StepAccount user)
    {
        var id = new ItemId(user.World.Random.Bytes(16));
        var bundle = user.Account.Commit(
            user.Phone, new AccountChange { Put = [(id, user.World.Random.Bytes(Content))] });
        user.Account.Forget();
        return bundle.Items[0].ToArray();
    }

    private static async Task StageAsync(StepWorld world, StepAccount user, byte[] item) =>
        Assert.Null(await TryStageAsync(world, user, item));

    private static async Task<ServiceFailure?> TryStageAsync(StepWorld world, StepAccount user, byte[] item)
    {
        using var open = await user.PassAsync();
        return (await world.Server.Service.Staging.PutAsync(
            open, Hash256.Of(item), item, default) as Outcome<Hash256>.Failed)?.Failure;
    }

    // What lies in the store, and not what is counted.
    private static async Task<long> StoredAsync(StepWorld world)
    {
        var bytes = 0L;
        await foreach (var row in world.Server.Data.ScanAsync(Table.Items, default)) bytes += row.Value.Length;
        return bytes;
    }
}
