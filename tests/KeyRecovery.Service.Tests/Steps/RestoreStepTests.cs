using KeyRecovery.Protocol.Primitives;
using KeyRecovery.Protocol.Vault;
using KeyRecovery.Protocol.Wire;
using KeyRecovery.Service.Accounts;
using KeyRecovery.Service.Errors;
using KeyRecovery.Service.Gate;
using KeyRecovery.Service.Restore;
using KeyRecovery.Service.Rows;
using KeyRecovery.Service.Stores;
using KeyRecovery.Service.Tables;
using KeyRecovery.Service.UseCases;
using KeyRecovery.Testing;
using KeyRecovery.Testing.Stores;
using AccountChange = KeyRecovery.Testing.AccountChange;

namespace KeyRecovery.Service.Tests.Steps;

/// <summary>
/// A restored account that is opened first, repaired, or led the way back, and a join, each cut, unanswered or frozen
/// at each of its steps: it is claimed once, mended whole, and nobody is told what did not come to pass.
/// </summary>
[Trait("Category", "Rounds")]
public sealed class RestoreStepTests
{
    [Theory]
    [MemberData(nameof(StepFates.EachOfShort), MemberType = typeof(StepFates))]
    public async Task At_each_step_of_a_first_opening_there_is_one_claim_and_the_account_is_mended(StepFate fate)
    {
        await using var world = await StepWorld.OpenAsync();
        await world.AtEachStepAsync(fate, 2, async round =>
        {
            var lost = await LostAsync(world);
            await round.DoAsync(
                () => PassAsync(world.Server.Service, lost.User), () => PassAsync(world.Server.Other, lost.User));
            using (var open = Assert.IsType<GateResult.Open>(
                await PassAsync(world.Server.Service, lost.User)).Account)
            {
                Assert.True(open.IsBehind);
                var claim = Assert.Single(open.State.Claims);
                Assert.Equal(claim, Assert.Single((await KeyRowAsync(lost.User)).Claims), Same);
            }

            await RepairedAsync(world.Server.Service, lost, lost.Bundle());
            await lost.User.ReadsAsync(lost.User.Account.Now);
            await world.SweptAsync();
        });
    }

    [Theory]
    [MemberData(nameof(StepFates.EachOfShort), MemberType = typeof(StepFates))]
    public async Task At_each_step_of_a_repair_that_leaves_a_gap_the_same_again_is_the_same_claim(StepFate fate)
    {
        await using var world = await StepWorld.OpenAsync();
        await world.AtEachStepAsync(fate, 6, async round =>
        {
            var lost = await LostAsync(world);
            var gapped = lost.Bundle(hashes: 1);
            await round.DoAsync(
                () => RepairAsync(world.Server.Service, lost.User, gapped),
                () => RepairedAsync(world.Server.Other, lost, gapped));
            await RepairedAsync(world.Server.Service, lost, gapped);
            await lost.User.ReadsAsync(lost.User.Account.Now);
            using (var open = await lost.User.PassAsync())
            {
                Assert.Equal(2, open.State.Claims.Length);
                Assert.Single(open.State.Gaps);
                Assert.Single(open.State.Points, p => p.IsReplaced);
                Assert.Equal(open.State.Chain, (await KeyRowAsync(lost.User)).MinChain!.Place);
            }

            await world.SweptAsync();
        });
    }

    [Theory]
    [MemberData(nameof(StepFates.EachOfShort), MemberType = typeof(StepFates))]
    public async Task At_each_step_of_the_way_back_the_key_row_follows_and_the_account_is_open(StepFate fate)
    {
        await using var world = await StepWorld.OpenAsync();
        await world.AtEachStepAsync(fate, 6, async round =>
        {
            var lost = await LostAsync(world);
            var user = lost.User;
            (await PassAsync(world.Server.Service, user) as GateResult.Open)?.Account.Dispose();
            world.Server.Time.Advance(TimeSpan.FromHours(73));
            while (user.Account.Now.Manifest.Hash != lost.Set.Manifest.Hash) user.Account.Forget();
            user.Account.Commit(user.Phone, new AccountChange { Mend = true });
            var back = user.Account.Now.Repair();
            await round.DoAsync(
                () => RepairAsync(world.Server.Service, user, back),
                () => RepairedAsync(world.Server.Other, lost, back));
            // Cut behind the commit point, the next request brings the key row to where the account is.
            var isDone = await PassAsync(world.Server.Other, user) is GateResult.Open { Account: var seen }
                && Closed(seen, out var behind) && !behind;
            if (isDone)
                Assert.Equal(
                    back.Links[^1].Hash, (await KeyRowAsync(user)).MinChain!.Place.Hash);
            await RepairedAsync(world.Server.Service, lost, back);
            await user.ReadsAsync(user.Account.Now);
            Assert.Equal(back.Links[^1].Hash, (await KeyRowAsync(user)).MinChain!.Place.Hash);
            await world.SweptAsync();
        });
    }

    [Theory]
    [InlineData(StepFate.Cut, true, false)]
    [InlineData(StepFate.Cut, true, true)]
    [InlineData(StepFate.Cut, false, true)]
    [InlineData(StepFate.AnswerLost, true, true)]
    public async Task At_each_step_of_a_join_and_then_the_same_again_it_is_one_restore_to_everybody(
        StepFate fate, bool data, bool keys)
    {
        // A world a round: a join writes of every account that there is.
        for (var (at, isStruck) = (1, true); isStruck; at++)
        {
            Assert.InRange(at, 1, 60);
            await using var world = await StepWorld.OpenAsync();
            var (user, round) = (await world.NewAccountAsync(), new StepRound(world, fate, at));
            Task<JoinReport> JoinAsync() => world.Server.Service.Quarantine.JoinAsync(0, data, keys, false, default);
            await round.DoAsync(JoinAsync);
            isStruck = round.IsStruck;
            Assert.True((await JoinAsync()).IsDone);
            using (var open = await user.PassAsync())
            {
                Assert.Equal(data ? 1 : 0, open.State.Claims.Length);
                Assert.Equal(data, open.State.Restored is not null);
            }

            Assert.Equal(data ? 1 : 0, (await KeyRowAsync(user)).Claims.Length);
            await user.ReadsAsync(user.Account.Now);
            await world.SoundAsync(orphans: true);
        }
    }

    // An account whose rows were put back as they were before its last commits, a link among them.
    private static async Task<Lost> LostAsync(StepWorld world)
    {
        var user = await world.NewAccountAsync();
        var (set, rows) = (user.Account.Now, new List<(RowKey Key, byte[] Value)>());
        using (var open = await user.PassAsync())
            foreach (var table in TableRegistry.Default.Of(StoreKind.Data))
                await foreach (var row in world.Server.Data.ListOwnerAsync(table, open.Rows.Locator, default))
                    rows.Add((row.Key, open.Rows.Open((await world.Server.Data.ReadAsync(row.Key, default))!)));
        var laptop = TestAuthority.Device(world.Random);
        await CommitAsync(world, user, new AccountChange { Add = [laptop] });
        await CommitAsync(world, user, new AccountChange { Put = [(user.Item, world.Random.Bytes(9))] });
        await CommitAsync(world, user, new AccountChange { Remove = [laptop] });
        using (var open = await user.PassAsync())
        {
            var head = SignedHead.Decode(open.State.SignedHead);
            foreach (var (key, value) in rows)
            {
                var now = await world.Server.Data.ReadAsync(key, default);
                Assert.IsType<WriteResult.Written>(
                    await world.Server.Data.WriteAsync([open.Rows.Write(key, now, value)], default));
            }

            return new Lost(user, set, head);
        }
    }

    private static async Task CommitAsync(StepWorld world, StepAccount user, AccountChange change) =>
        Assert.IsType<Outcome<Heads>.Done>(
            await world.Server.CommitAsync(user.Account, user.Phone, user.Account.Commit(user.Phone, change)));

    private static Task<GateResult> PassAsync(KeyRecoveryService service, StepAccount user) =>
        service.Gate.PassAsync(
            KeyId.OfDevice(user.Account.Now.Account, user.Phone.Id), key => key == user.Phone.Signing.PublicKey,
            default, mayBeBehind: true).AsTask();

    private static bool Closed(OpenAccount account, out bool wasBehind)
    {
        wasBehind = account.IsBehind;
        account.Dispose();
        return true;
    }

    private static Task<Outcome<RepairResult>> RepairAsync(
        KeyRecoveryService service, StepAccount user, RepairBundle bundle) =>
        service.Repairs.RepairAsync(
            KeyId.OfDevice(user.Account.Now.Account, user.Phone.Id), key => key == user.Phone.Signing.PublicKey, null,
            bundle.Encode(), default).AsTask();

    private static async Task RepairedAsync(KeyRecoveryService service, Lost lost, RepairBundle bundle)
    {
        var outcome = await RepairAsync(service, lost.User, bundle);
        Assert.True(outcome is Outcome<RepairResult>.Done, $"{outcome}");
        foreach (var missing in ((Outcome<RepairResult>.Done)outcome).Value.Missing)
        {
            using var open = await lost.User.PassAsync();
            Assert.IsType<Outcome<Hash256>.Done>(
                await service.Staging.PutAsync(open, missing, lost.User.Account.Items[missing], default));
        }
    }

    private static async Task<KeyRow> KeyRowAsync(StepAccount user) => KeyRow.Decode((await user.World.Server.Keys
        .ReadAsync(new RowIds(user.World.Server.LookupKey).KeyRow(user.Account.Now.Account), default))!.Value);

    private static bool Same(ReadOnlyMemory<byte> one, ReadOnlyMemory<byte> other) =>
        one.Span.SequenceEqual(other.Span);

    private sealed record Lost(StepAccount User, ServedVault Set, SignedHead Head)
    {
        // As the phone gives it back, which keeps so many hashes.
        public RepairBundle Bundle(int hashes = int.MaxValue)
        {
            var all = User.Account.Now.Hashes;
            var first = Math.Max(0, all.Length - hashes);
            return User.Account.Now.Repair() with
            {
                Head = Head, Between = all[first..], Trail = ManifestTrail.Next(default, all[..first]),
            };
        }
    }
}
