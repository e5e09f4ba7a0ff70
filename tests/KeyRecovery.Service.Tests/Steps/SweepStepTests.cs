using KeyRecovery.Protocol.Realms;
using KeyRecovery.Protocol.Vault;
using KeyRecovery.Protocol.Wire;
using KeyRecovery.Service.Accounts;
using KeyRecovery.Service.Erasure;
using KeyRecovery.Service.Errors;
using KeyRecovery.Service.Rows;
using KeyRecovery.Service.Stores;
using KeyRecovery.Service.Tables;
using KeyRecovery.Service.Tests.Support;
using KeyRecovery.Testing;
using KeyRecovery.Testing.Stores;

namespace KeyRecovery.Service.Tests.Steps;

/// <summary>
/// A sweep over everything that crashes leave, itself cut, unanswered or frozen at each of its steps: nothing that
/// lives is lost, and the next sweep leaves nothing.
/// </summary>
[Trait("Category", "Rounds")]
public sealed class SweepStepTests
{
    [Theory]
    [MemberData(nameof(StepFates.EachOfLong), MemberType = typeof(StepFates))]
    public async Task At_each_step_and_then_requests_and_another_sweep(StepFate fate)
    {
        await using var world = await StepWorld.OpenAsync();
        var (user, person) = (await world.NewAccountAsync(), await StepPerson.NewAsync(world));
        await world.AtEachStepAsync(fate, 30, async round =>
        {
            await LeaveRowsAsync(user);
            await LeaveCreationsAsync(world);
            await LeaveErasureAsync(world, round.At);
            await LeaveCancelledAsync(person);
            // All of it is old by now, and so are the job that is done and the versions that were replaced.
            world.Server.Time.Advance(TimeSpan.FromDays(31));
            await round.DoAsync(
                () => world.Server.Other.Sweeper.SweepAsync(TimeSpan.FromDays(1), default),
                async () =>
                {
                    await ActAsync(user, person);
                    await world.SweepAsync();
                });
            await world.SoundAsync(orphans: true);

            await ActAsync(user, person);
            await world.SweptAsync();
            await user.ReadsAsync(user.Account.Now);
            await person.Own.ReadsAsync(person.Own.Account.Now);
            Assert.Equal(0, await world.Server.CountAsync(Table.ErasurePlans, Table.ErasureJobs, Table.ErasureLines));
            // The two that live, with a code each; and of each round a tombstone with its receipt.
            foreach (var table in new[] { Table.Accounts, Table.Slots, Table.Subjects })
                Assert.Equal(2, await world.Server.CountAsync(table));
            Assert.Equal(2 + round.At, await world.Server.CountAsync(Table.KeyRows));
            Assert.Equal(round.At, await world.Server.CountAsync(Table.Erasures));
        });
    }

    [Fact]
    public async Task An_account_that_lost_a_row_keeps_the_others_and_holds_up_nobody()
    {
        await using var world = await StepWorld.OpenAsync();
        var (damaged, user) = (await world.NewAccountAsync(), await world.NewAccountAsync());
        foreach (var account in new[] { damaged, user }) await LeaveRowsAsync(account);
        await LeaveCreationsAsync(world);
        using var open = await damaged.PassAsync();
        await world.Server.Data.WriteAsync([new RowWrite.Remove(open.Rows.Manifest(open.State.ManifestHash))], default);
        var before = await CountAsync(open.Rows.Locator);
        await world.SweepAsync();
        Assert.Equal(before, await CountAsync(open.Rows.Locator));
        // Of all others nothing is left over, and the check names the one.
        var audit = await world.Server.Service.Audit.RunAsync(default);
        Assert.Equal((0, "a row of manifests is damaged"), (audit.Pending, Assert.Single(audit.Damaged)));
        var lookups = TableRegistry.Default.Lookups.Select(t => t.Name).ToHashSet();
        Assert.Equal(before - 1, audit.OrphanRows.Where(o => !lookups.Contains(o.Key)).Sum(o => o.Value));
        await user.ReadsAsync(user.Account.Now);

        async Task<int> CountAsync(ReadOnlyMemory<byte> locator)
        {
            var rows = 0;
            foreach (var table in TableRegistry.Default.Of(StoreKind.Data))
                await foreach (var _ in world.Server.Data.ListOwnerAsync(table, locator, default)) rows++;
            return rows;
        }
    }

    // What those that live do, whatever a sweep is doing: all of it is taken, and counted.
    private static async Task ActAsync(StepAccount user, StepPerson person)
    {
        var world = user.World;
        var put = user.Account.Commit(user.Phone, new AccountChange { Put = [(user.Item, world.Random.Bytes(20))] });
        Assert.IsType<Outcome<Heads>.Done>(await world.Server.CommitAsync(user.Account, user.Phone, put));
        var (realm, guess) = (world.Server.Service.Realm, person.Share.Guess());
        Assert.IsType<Outcome<byte[]>.Done>(
            await realm.EvaluateAsync(person.User, guess.Request, Hash256.Of(guess.Body), default));
        var row = (await person.SlotAsync())!;
        Assert.Equal((false, 1), (row.IsDestroyed, row.Attempts.Count));
        var reset = person.Share.Reset(realm.Identity, guess.Request.Attempt, round: row.Round);
        Assert.IsType<Outcome<byte[]>.Done>(await realm.ResetAsync(RealmReset.Decode(reset), default, default));
    }

    // Older versions, an item that nothing came to name, and the rows and claims of a commit that died.
    private static async Task LeaveRowsAsync(StepAccount user)
    {
        var (world, random) = (user.World, user.World.Random);
        CommitBundle Change(params TestAuthority[] add) =>
            user.Account.Commit(
                user.Phone, new AccountChange { Put = [(user.Item, random.Bytes(20))], Add = [.. add] });
        for (var version = 0; version < 2; version++)
            Assert.IsType<Outcome<Heads>.Done>(await world.Server.CommitAsync(user.Account, user.Phone, Change()));
        var stray = Change().Items[0];
        user.Account.Forget();
        using var open = await user.PassAsync();
        Assert.IsType<Outcome<Hash256>.Done>(
            await world.Server.Service.Staging.PutAsync(open, Hash256.Of(stray.Span), stray, default));
        var died = Change(TestAuthority.Code(random));
        user.Account.Forget();
        using var again = await user.PassAsync();
        await world.CutAsync(4, async () => await world.Server.Other.Commits.CommitAsync(again, died, default));
        using var now = await user.PassAsync();
        Assert.Equal(user.Account.Now.Manifest.Hash, now.State.ManifestHash);
    }

    // One that died on its way, and one whose key row is gone.
    private static async Task LeaveCreationsAsync(StepWorld world)
    {
        var (phone, code) = (TestAuthority.Device(world.Random), TestAuthority.Code(world.Random));
        var account = TestAccount.Begin(world.Random, phone, [code]);
        await world.CutAsync(6, async () => await world.Server.CreateAsync(account, $"died {account.Now.Account}"));
        var lost = await world.NewAccountAsync();
        var keyRow = new RowIds(world.Server.LookupKey).KeyRow(lost.Account.Now.Account);
        await world.Server.Keys.WriteAsync([new RowWrite.Remove(keyRow)], default);
    }

    // A job that is done with its receipt and its fence, and lines of an upload that broke off.
    private static async Task LeaveErasureAsync(StepWorld world, int at)
    {
        var erased = await world.NewAccountAsync();
        await world.Server.FileErasuresAsync(erased.Subject);
        Assert.Equal(1, (await world.Server.Service.Erasures.ResumeAsync(default)).Erased);
        await world.CutAsync(
            2, async () => (object)await world.Server.FileErasuresAsync($"one {at}", $"two {at}", $"three {at}"));
    }

    // An erasure that was called off when its plan was written.
    private static async Task LeaveCancelledAsync(StepPerson person)
    {
        var (world, erasures) = (person.World, person.World.Server.Other.Erasures);
        Assert.IsType<Outcome<ErasureStatus>.Done>(await person.RequestAsync(erasures));
        world.Server.Time.Advance(TimeSpan.FromHours(73));
        await world.CutAsync(1, async () => await erasures.ResumeAsync(default));
        Assert.True(Assert.IsType<Outcome<bool>.Done>(await person.CancelAsync(world.Server.Service)).Value);
        await world.Server.LogAsync();
        Assert.Equal(1, await world.Server.CountAsync(Table.ErasurePlans));
    }
}
