using KeyRecovery.Protocol.Vault;
using KeyRecovery.Protocol.Wire;
using KeyRecovery.Service.Accounts;
using KeyRecovery.Service.Errors;
using KeyRecovery.Service.Rows;
using KeyRecovery.Service.Stores;
using KeyRecovery.Service.Tests.Support;
using KeyRecovery.Testing;
using KeyRecovery.Testing.Stores;

namespace KeyRecovery.Service.Tests.Steps;

/// <summary>
/// A commit that is cut, unanswered or frozen at each of its steps: then the same again, the sweep, or another one. No
/// acknowledged change is lost, nothing lies about after the sweep, and the check finds nothing.
/// </summary>
[Trait("Category", "Rounds")]
public sealed class CommitStepTests
{
    public static TheoryData<string, StepFate> Commits => StepFates.Of(
        "put", "new", "delete", "slot", "device", "removal", "removal of a code that has seals", "undo", "full trail",
        "version that goes");

    [Theory]
    [MemberData(nameof(Commits))]
    public async Task At_each_step_and_then_the_same_again(string commit, StepFate fate) =>
        await AtEachStepAsync(commit, fate, async (user, bundle, before, outcome) =>
        {
            using var open = await user.PassAsync();
            Assert.IsType<Outcome<Heads>.Done>(
                await user.World.Server.Service.Commits.CommitAsync(open, bundle, default));
            await user.ReadsAsync(user.Account.Now);
            await user.World.SweptAsync();
        });

    [Theory]
    [MemberData(nameof(Commits))]
    public async Task At_each_step_and_then_the_sweep(string commit, StepFate fate) =>
        await AtEachStepAsync(commit, fate, async (user, bundle, before, outcome) =>
        {
            await user.World.SweptAsync();
            using var open = await user.PassAsync();
            var isThere = open.State.ManifestHash == bundle.Manifest.Hash;
            if (outcome is Outcome<Heads>.Done) Assert.True(isThere, "an acknowledged commit is lost");
            await user.ReadsAsync(isThere ? user.Account.Now : before);
            Assert.IsType<Outcome<Heads>.Done>(
                await user.World.Server.Service.Commits.CommitAsync(open, bundle, default));
            await user.ReadsAsync(user.Account.Now);
        });

    [Theory]
    [MemberData(nameof(Commits))]
    public async Task At_each_step_and_then_another_one(string commit, StepFate fate) =>
        await AtEachStepAsync(commit, fate, async (user, bundle, before, outcome) =>
        {
            // Made by a device that knows of what is there, whatever that is.
            using var open = await user.PassAsync();
            var isThere = open.State.ManifestHash == bundle.Manifest.Hash;
            if (outcome is Outcome<Heads>.Done) Assert.True(isThere, "an acknowledged commit is lost");
            if (!isThere) user.Account.Forget();
            var put = (new ItemId(user.World.Random.Bytes(16)), user.World.Random.Bytes(33));
            var other = user.Account.Commit(user.Phone, new AccountChange { Put = [put] });
            Assert.IsType<Outcome<Heads>.Done>(
                await user.World.Server.Service.Commits.CommitAsync(open, other, default));
            await user.ReadsAsync(user.Account.Now);
            await user.World.SweptAsync();
            await user.ReadsAsync(user.Account.Now);
        });

    [Fact]
    public async Task Frozen_while_another_one_is_faster_it_is_refused_and_the_current_item_outlives_its_history()
    {
        await using var world = await StepWorld.OpenAsync();
        await world.AtEachStepAsync(StepFate.Frozen, 3, async round =>
        {
            var user = await world.NewAccountAsync();
            // Two devices change the same item from the same state: what the loser wrote of history is not believed.
            var loser = user.Account.Commit(
                user.Phone, new AccountChange { Put = [(user.Item, world.Random.Bytes(50))] });
            user.Account.Forget();
            var winner = user.Account.Commit(
                user.Phone, new AccountChange { Put = [(user.Item, world.Random.Bytes(60))] });
            using var early = await user.PassAsync();
            var outcome = await round.DoAsync(
                () => world.Server.Service.Commits.CommitAsync(early, loser, default).AsTask(),
                () => OnAnotherInstanceAsync(world, user, winner));
            using var now = await user.PassAsync();
            if (now.State.ManifestHash == winner.Manifest.Hash)
                Assert.Equal(ErrorCode.StaleVersion, Assert.IsType<Outcome<Heads>.Failed>(outcome).Failure.Code);
            else user.Account.Swap(loser);
            await world.SoundAsync(orphans: true);
            world.Server.Time.Advance(TimeSpan.FromDays(Limits.OldVersionDays + 1));
            await world.SweptAsync();
            await user.ReadsAsync(user.Account.Now);
        });
    }

    [Fact]
    public async Task Frozen_while_another_one_removes_a_code_it_leaves_no_seal_of_it()
    {
        await using var world = await StepWorld.OpenAsync();
        await world.AtEachStepAsync(StepFate.Frozen, 5, async round =>
        {
            var user = await world.NewAccountAsync();
            var code = TestAuthority.Code(world.Random);
            foreach (var change in new AccountChange[] { new() { Add = [code] }, new() { Mend = true } })
                Assert.IsType<Outcome<Heads>.Done>(await world.Server.CommitAsync(
                    user.Account, user.Phone, user.Account.Commit(user.Phone, change)));
            var loser = user.Account.Commit(user.Phone, new AccountChange { Mend = true });
            user.Account.Forget();
            var removal = user.Account.Commit(user.Phone, new AccountChange { Remove = [code] });
            using var early = await user.PassAsync();
            await round.DoAsync(
                () => world.Server.Service.Commits.CommitAsync(early, loser, default).AsTask(),
                () => OnAnotherInstanceAsync(world, user, removal));
            // Its keyset lies about until the sweep: of a key that nothing was sealed under.
            await NobodyRemovedHasASealAsync(user, orKeyset: false);
        });
    }

    [Fact]
    public async Task Frozen_while_another_one_replaces_the_chunk_of_the_trail_it_drops_no_older_version()
    {
        await using var world = await StepWorld.OpenAsync();
        var user = await world.NewAccountAsync();
        var (mine, other) = (user.Item, new ItemId(world.Random.Bytes(16)));
        CommitBundle Put(ItemId item) =>
            user.Account.Commit(user.Phone, new AccountChange { Put = [(item, world.Random.Bytes(20))] });
        for (var version = 0; version < 3; version++)
            await world.Server.CommitAsync(user.Account, user.Phone, Put(mine));
        // The first chunk confirms those, and the next commit puts another one in its place.
        while (user.Account.History.Count < Trail.Tail + Trail.Moved)
            await world.Server.CommitAsync(user.Account, user.Phone, Put(other));
        var change = new AccountChange {
            Put = [(mine, world.Random.Bytes(20))], Add = [TestAuthority.Code(world.Random)],
        };
        var loser = user.Account.Commit(user.Phone, change);
        user.Account.Forget();
        var winner = Put(other);
        using var early = await user.PassAsync();
        // Its claim of the slot comes before it looks at the history of its item.
        var outcome = await new StepRound(world, StepFate.Frozen, 1).DoAsync(
            () => world.Server.Service.Commits.CommitAsync(early, loser, default).AsTask(),
            () => OnAnotherInstanceAsync(world, user, winner));
        Assert.Equal(ErrorCode.StaleVersion, Assert.IsType<Outcome<Heads>.Failed>(outcome).Failure.Code);
        Assert.Equal(1, await world.Server.CountAsync(Table.Trails));

        using var open = await user.PassAsync();
        var versions = await world.Server.Service.Vaults.ReadVersionsAsync(open, mine, default);
        Assert.Equal([3, 2, 1], versions.Select(v => (int)v.Entry.Version));
        await world.SweptAsync();
        foreach (var version in versions)
            Assert.NotNull(await world.Server.Service.Vaults.FindItemAsync(open, version.Entry.Hash, default));
    }

    // In this process commits of one account take turns; another instance knows nothing of them.
    private static async Task OnAnotherInstanceAsync(StepWorld world, StepAccount user, CommitBundle bundle)
    {
        using var open = await user.PassAsync();
        await world.Server.Other.Commits.CommitAsync(open, bundle, default);
    }

    private static async Task AtEachStepAsync(
        string commit, StepFate fate, Func<StepAccount, CommitBundle, ServedVault, Outcome<Heads>?, Task> then)
    {
        await using var world = await StepWorld.OpenAsync();
        await world.AtEachStepAsync(fate, 3, async round =>
        {
            var user = await world.NewAccountAsync();
            var bundle = await PrepareAsync(user, commit);
            var before = user.Account.History[^2];
            using var open = await user.PassAsync();
            var commits = world.Server.Service.Commits;
            var outcome = await round.DoAsync(
                () => commits.CommitAsync(open, bundle, default).AsTask(), () => world.SweepAsync());
            await NobodyRemovedHasASealAsync(user);
            await then(user, bundle, before, outcome);
            await NobodyRemovedHasASealAsync(user);
        });
    }

    // Whoever was told of a removal, or opens the account after it, finds no seal of the one who was removed.
    private static async Task NobodyRemovedHasASealAsync(StepAccount user, bool orKeyset = true)
    {
        using var open = await user.PassAsync();
        Assert.Empty(open.State.Doomed);
        await foreach (var row in user.World.Server.Data.ScanOwnerAsync(Table.Seals, open.Rows.Locator, default))
            Assert.Contains(AccountRows.AuthorityOf(row.Key), open.State.Authorities.Keys);
        if (open.State.LastRemoval is null || !orKeyset) return;
        await foreach (var row in user.World.Server.Data.ScanOwnerAsync(Table.Keysets, open.Rows.Locator, default))
            foreach (var entry in Keyset.Decode(open.Rows.Open(row)).Entries)
                Assert.Contains(entry.Id, open.State.Authorities.Keys);
    }

    private static async Task<CommitBundle> PrepareAsync(StepAccount user, string commit)
    {
        var random = user.World.Random;
        async Task PutAsync(int times)
        {
            for (var i = 0; i < times; i++)
            {
                var bundle = user.Account.Commit(
                    user.Phone, new AccountChange { Put = [(user.Item, random.Bytes(20))] });
                Assert.IsType<Outcome<Heads>.Done>(
                    await user.World.Server.CommitAsync(user.Account, user.Phone, bundle));
            }
        }

        if (commit == "full trail") await PutAsync(Trail.Tail - 1);
        if (commit == "version that goes") await PutAsync(Limits.OldVersions + 1);
        var laptop = TestAuthority.Device(random);
        if (commit == "removal")
        {
            var added = user.Account.Commit(user.Phone, new AccountChange { Add = [laptop] });
            Assert.IsType<Outcome<Heads>.Done>(await user.World.Server.CommitAsync(user.Account, user.Phone, added));
        }

        async Task TakenAsync(TestAuthority by, AccountChange change) => Assert.IsType<Outcome<Heads>.Done>(
            await user.World.Server.CommitAsync(user.Account, by, user.Account.Commit(by, change)));
        var other = TestAuthority.Code(random);
        if (commit == "removal of a code that has seals")
        {
            await TakenAsync(user.Phone, new AccountChange { Add = [other] });
            for (var epoch = 0; epoch < 2; epoch++) await TakenAsync(user.Phone, new AccountChange { Mend = true });
        }

        if (commit == "undo")
        {
            await TakenAsync(user.Phone, new AccountChange { Mend = true });
            await TakenAsync(user.Phone, new AccountChange { Add = [laptop] });
            var good = user.Account.History.Count - 1;
            await TakenAsync(laptop, new AccountChange { Put = [(user.Item, random.Bytes(20))] });
            await TakenAsync(
                laptop, new AccountChange { Delete = [user.Item], Put = [(new ItemId(random.Bytes(16)), [1])] });
            return user.Account.Undo(user.Phone, good, new AccountChange { Remove = [laptop] });
        }

        return user.Account.Commit(user.Phone, commit switch
        {
            "new" => new AccountChange { Put =
                [(new ItemId(random.Bytes(16)), random.Bytes(10)), (new ItemId(random.Bytes(16)), random.Bytes(10))] },
            "delete" => new AccountChange { Delete = [user.Item] },
            "slot" => new AccountChange { Add = [TestAuthority.Code(random), TestAuthority.Code(random)] },
            "device" => new AccountChange { Add = [laptop] },
            "removal" => new AccountChange { Remove = [laptop] },
            "removal of a code that has seals" => new AccountChange { Remove = [other] },
            _ => new AccountChange { Put = [(user.Item, random.Bytes(30))] },
        });
    }
}
