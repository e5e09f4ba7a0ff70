using KeyRecovery.Protocol.Vault;
using KeyRecovery.Protocol.Wire;
using KeyRecovery.Service.Accounts;
using KeyRecovery.Service.Errors;
using KeyRecovery.Service.Stores;
using KeyRecovery.Service.Tests.Support;
using KeyRecovery.Service.UseCases;
using KeyRecovery.Testing;
using AccountChange = KeyRecovery.Testing.AccountChange;

namespace KeyRecovery.Service.Tests.Steps;

/// <summary>
/// A replica that is behind: a row that is named by its content looks absent for its first reads. Whoever meets that
/// looks again or is told to come later; nothing is believed lost for it, and nothing deleted.
/// </summary>
public sealed class ReplicaTests
{
    // More tries than any use case makes of itself.
    private const int Long = 40;

    [Theory]
    [InlineData(1)]
    [InlineData(3)]
    [InlineData(Long)]
    public async Task A_commit_is_done_or_told_to_come_later_whatever_it_needs(int hidesReads)
    {
        await using var world = await StepWorld.OpenAsync(hidesReads);
        var user = await world.NewAccountAsync();
        var (laptop, id) = (TestAuthority.Device(world.Random), new ItemId(world.Random.Bytes(16)));
        foreach (var change in new AccountChange[]
        {
            new() { Put = [(user.Item, world.Random.Bytes(30))] }, new() { Put = [(id, world.Random.Bytes(30))] },
            new() { Add = [laptop, TestAuthority.Code(world.Random)] }, new() { Remove = [laptop] },
            new() { Delete = [id] },
        })
        {
            var later = await DoneAsync(user, user.Account.Commit(user.Phone, change));
            Assert.Equal(hidesReads == Long, later > 0);
        }

        await ReadsAsync(user);
        await CaughtUpAsync(user);
    }

    [Theory]
    [InlineData(1)]
    [InlineData(Long)]
    public async Task An_item_that_was_staged_is_committed_as_soon_as_it_is_seen(int hidesReads)
    {
        await using var world = await StepWorld.OpenAsync(hidesReads);
        var user = await world.NewAccountAsync();
        var whole = user.Account.Commit(user.Phone, new AccountChange { Put = [(user.Item, world.Random.Bytes(30))] });
        var item = whole.Items[0];
        Outcome<Hash256> staged;
        do
        {
            using var open = await user.PassAsync();
            staged = await world.Server.Service.Staging.PutAsync(open, Hash256.Of(item.Span), item, default);
            if (staged is Outcome<Hash256>.Failed(var failure)) Assert.Equal(ErrorCode.Unavailable, failure.Code);
        }
        while (staged is not Outcome<Hash256>.Done);
        await DoneAsync(user, whole with { Items = [] });
        await ReadsAsync(user);
        await CaughtUpAsync(user);
    }

    [Theory]
    [InlineData(1)]
    [InlineData(Long)]
    public async Task Older_versions_outlive_a_commit_that_does_not_see_the_trail_that_confirms_them(int hidesReads)
    {
        await using var world = await StepWorld.OpenAsync();
        var user = await world.NewAccountAsync();
        var (mine, other) = (user.Item, new ItemId(world.Random.Bytes(16)));
        for (var version = 0; version < 3; version++) await DoneAsync(user, Put(user, mine));
        // Until the trail moves the manifests of those changes into a chunk, which the replica does not have yet.
        while (user.Account.History.Count < Trail.Tail) await DoneAsync(user, Put(user, other));
        world.HidesReads = hidesReads;
        await DoneAsync(user, Put(user, other));
        Assert.Equal(1, await world.Server.CountAsync(Table.Trails));

        await DoneAsync(user, Put(user, mine));
        var told = await VersionsAsync(user, mine);
        world.CatchUp();
        Assert.Equal([4, 3, 2, 1], told.Select(v => (int)v.Entry.Version));
        Assert.Equal(told, await VersionsAsync(user, mine));
        await CaughtUpAsync(user);
        var (vaults, open) = (world.Server.Service.Vaults, await user.PassAsync());
        foreach (var hash in told.Select(v => v.Entry.Hash))
            Assert.Equal(user.Account.Items[hash], await vaults.FindItemAsync(open, hash, default));
    }

    [Theory]
    [InlineData(1)]
    [InlineData(3)]
    [InlineData(Long)]
    public async Task A_sweep_deletes_nothing_that_it_does_not_see_the_reason_to_keep(int hidesReads)
    {
        await using var world = await StepWorld.OpenAsync();
        var (user, beside) = (await world.NewAccountAsync(), await world.NewAccountAsync());
        for (var at = 0; at < Trail.Tail; at++) await DoneAsync(user, Put(user, user.Item));
        world.HidesReads = hidesReads;
        await DoneAsync(user, Put(user, user.Item));
        var stray = new ItemId(world.Random.Bytes(16));
        await DoneAsync(beside, Put(beside, stray));
        for (var sweep = 0; sweep < 5; sweep++) await world.SweepAsync();
        world.CatchUp();
        foreach (var account in new[] { user, beside }) await account.ReadsAsync(account.Account.Now);
        Assert.Equal(10, (await VersionsAsync(user, user.Item)).Count);
        await CaughtUpAsync(user);
    }

    [Theory]
    [InlineData(1)]
    [InlineData(Long)]
    public async Task A_repair_names_items_as_missing_that_it_does_not_see_and_loses_none(int hidesReads)
    {
        await using var world = await StepWorld.OpenAsync(hidesReads);
        var user = await world.NewAccountAsync();
        await DoneAsync(user, Put(user, user.Item));
        Outcome<RepairResult> repaired;
        do
        {
            var now = user.Account.Now;
            repaired = await world.Server.Service.Repairs.RepairAsync(
                KeyId.OfDevice(now.Account, user.Phone.Id), key => key == user.Phone.Signing.PublicKey, null,
                now.Repair().Encode(), default);
            if (repaired is Outcome<RepairResult>.Failed(var told)) Assert.Equal(ErrorCode.Unavailable, told.Code);
        }
        while (repaired is not Outcome<RepairResult>.Done);
        await ReadsAsync(user);
        await DoneAsync(user, Put(user, user.Item));
        await ReadsAsync(user);
        await CaughtUpAsync(user);
    }

    private static CommitBundle Put(StepAccount user, ItemId item) =>
        user.Account.Commit(user.Phone, new AccountChange { Put = [(item, user.World.Random.Bytes(20))] });

    // As a client does it: told to come later it comes later, with the same. How often it had to.
    private static async Task<int> DoneAsync(StepAccount user, CommitBundle commit)
    {
        for (var later = 0; ; later++)
        {
            Assert.InRange(later, 0, 2 * Long);
            try
            {
                var outcome = await user.World.Server.CommitAsync(user.Account, user.Phone, commit);
                if (outcome is Outcome<Heads>.Done) return later;
                Assert.Equal(ErrorCode.Unavailable, Assert.IsType<Outcome<Heads>.Failed>(outcome).Failure.Code);
            }
            catch (StoreUnavailableException)
            {
                // Come later.
            }
        }
    }

    // A vault is whole or not there yet; so is each of its items.
    private static async Task ReadsAsync(StepAccount user)
    {
        var (vaults, expected) = (user.World.Server.Service.Vaults, user.Account.Now);
        using var open = await user.PassAsync();
        byte[]? bytes = null;
        for (var read = 0; bytes is null; read++)
        {
            Assert.InRange(read, 0, 4 * Long);
            bytes = await vaults.ReadAsync(open, null, null, default);
        }

        var vault = VaultBundle.Decode(bytes);
        Assert.Equal(expected.Manifest.Hash, SignedManifest.Decode(vault.Manifest).Hash);
        Assert.Equal(expected.Keysets.Select(k => k.Hash), vault.Keysets.Select(k => Keyset.Decode(k).Hash));
        Assert.Equal(expected.Links.Select(l => l.Hash), vault.Links.Select(l => SignedChainLink.Decode(l).Hash));
        foreach (var item in expected.Manifest.Manifest.Items)
        {
            byte[]? found = null;
            for (var read = 0; found is null; read++)
            {
                Assert.InRange(read, 0, 4 * Long);
                found = await vaults.FindItemAsync(open, item.Hash, default);
            }

            Assert.Equal(user.Account.Items[item.Hash], found);
        }
    }

    private static async Task<IReadOnlyList<ItemVersion>> VersionsAsync(StepAccount user, ItemId item)
    {
        for (var read = 0; ; read++)
        {
            Assert.InRange(read, 0, 4 * Long);
            using var open = await user.PassAsync();
            try
            {
                return await user.World.Server.Service.Vaults.ReadVersionsAsync(open, item, default);
            }
            catch (StoreUnavailableException)
            {
                // Come later.
            }
        }
    }

    private static async Task CaughtUpAsync(StepAccount user)
    {
        user.World.CatchUp();
        await user.ReadsAsync(user.Account.Now);
        await user.World.SweptAsync();
        await user.ReadsAsync(user.Account.Now);
    }
}
