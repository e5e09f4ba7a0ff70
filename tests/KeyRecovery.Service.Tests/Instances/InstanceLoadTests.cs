using System.Collections.Concurrent;
using KeyRecovery.Protocol.Audit.Log;
using KeyRecovery.Protocol.Realms;
using KeyRecovery.Protocol.Vault;
using KeyRecovery.Protocol.Wire;
using KeyRecovery.Service.Accounts;
using KeyRecovery.Service.Erasure;
using KeyRecovery.Service.Errors;
using KeyRecovery.Service.Realms;
using KeyRecovery.Service.Tests.Log;
using KeyRecovery.Service.Tests.Support;
using KeyRecovery.Testing;

namespace KeyRecovery.Service.Tests.Instances;

/// <summary>
/// Three instances do everything at once: requests, sequencer, erasures, rotations and sweeps, without any lease. Each
/// change is one leaf, each erasure one receipt, and the checks find nothing.
/// </summary>
public sealed class InstanceLoadTests
{
    private const int Users = 12;
    private const int CommitsOfEach = 12;

    [Theory]
    [InlineData(1)]
    [InlineData(2)]
    public async Task All_duties_on_all_instances_under_load(int seed)
    {
        await using var world = await InstanceWorld.OpenAsync();
        var server = world.Server;
        server.ErasureHold = TimeSpan.Zero;
        var (stay, gone) = (new ConcurrentBag<(TestAccount, TestAuthority)>(), new ConcurrentBag<TestAccount>());
        var load = Task.WhenAll(Enumerable.Range(0, Users).Select(number => Task.Run(async () =>
        {
            var (random, keys) = (new Random((seed * 1_000) + number), new TestRandom((seed * 1_000) + number));
            var phone = TestAuthority.Device(keys);
            var account = TestAccount.Begin(keys, phone);
            var user = new AppUser(account.AppId, "issuer", $"user {number}");
            Relayed.Done(await world.Any(random).Accounts.CreateAsync(user, account.Commits[0], default));
            for (var i = 0; i < CommitsOfEach; i++)
            {
                var item = new ItemId(keys.Bytes(16));
                await world.CommitAsync(
                    account, phone, account.Commit(phone, new AccountChange { Put = [(item, keys.Bytes(200))] }),
                    random);
            }

            if (number % 3 > 0)
            {
                stay.Add((account, phone));
                return;
            }

            // Asked for at two instances at once: one erasure, one receipt.
            await Task.WhenAll(Enumerable.Range(0, 2).Select(_ => Task.Run(() => EraseAsync(world, account, phone))));
            gone.Add(account);
        })));
        await world.DutiesAsync(
            load,
            instance => instance.Log!.PassAsync(default),
            instance => instance.Erasures.ResumeAsync(default),
            InstanceWorld.RotateAsync,
            instance => instance.Sweeper.SweepAsync(TimeSpan.FromHours(1), default));
        await load;

        // What is left is done by one, or by all once more.
        for (var pass = 0; pass < 3; pass++)
        {
            foreach (var instance in world.Instances)
            {
                await instance.Log!.PassAsync(default);
                await instance.Erasures.ResumeAsync(default);
            }

            await world.Instances[pass].Rotation.RunAsync(begin: true, null, default);
        }

        Assert.Equal((Users / 3, Users - (Users / 3)), (gone.Count, stay.Count));
        Assert.Equal(0, await LogWorld.WaitingAsync(server));
        var leaves = await LogWorld.LeavesAsync(server);
        var hashes = leaves.Select(leaf => MerkleTree.LeafHash(leaf.Span)).ToList();
        Assert.Equal(hashes.Count, hashes.Distinct().Count());
        foreach (var (account, phone) in stay)
        {
            var done = await LogWorld.DoneAsync(server, account, phone);
            Assert.Equal(1 + CommitsOfEach, done.Count);
            Assert.Equal(done, hashes.Where(done.Contains));
        }

        var events = leaves.CountBy(leaf => AuditLeaf.Decode(leaf).Event).ToDictionary();
        Assert.Equal(Users, events[AuditEvent.Created]);
        Assert.Equal(Users * CommitsOfEach, events[AuditEvent.Committed]);
        Assert.Equal(gone.Count, events[AuditEvent.Erased]);
        Assert.Equal(gone.Count, events[AuditEvent.ErasedEverywhere]);
        var report = await server.Service.Audit.RunAsync(default);
        Assert.True(report.IsSound, string.Join("; ", report.Damaged));
        Assert.Equal(stay.Count, report.Accounts);
        Assert.Empty(report.OrphanRows);
        var ring = await server.Service.RingAudit.RunAsync(default);
        Assert.All(ring.Keks, kek => Assert.True(kek.Rows == 0 || kek.Standing.Id == server.Ring.Current.Id));
    }

    [Fact]
    public async Task Sixty_four_guesses_through_three_instances_are_ten()
    {
        await using var world = await InstanceWorld.OpenAsync();
        var server = world.Server;
        server.Passphrase = PassphrasePolicy.Default with { Waits = [] };
        using var user = await TestUser.CreateAsync(server, "anna", 1);
        var load = Task.WhenAll(Enumerable.Range(0, 64).Select(number => Task.Run(async () =>
        {
            var random = new Random(number);
            // The same guess at two instances at once, as after a lost answer: it is one.
            var attempt = AttemptId.Draw(SystemRandom.Instance);
            using var guess = user.Guess(attempt);
            var told = await Task.WhenAll(
                guess.AtAsync(world.Any(random).Realm), guess.AtAsync(world.Any(random).Realm));
            return told.Any(isEvaluated => isEvaluated);
        })));
        await world.DutiesAsync(
            load,
            InstanceWorld.RotateAsync,
            instance => instance.Sweeper.SweepAsync(TimeSpan.FromHours(1), default));

        Assert.Equal(10, (await load).Count(isEvaluated => isEvaluated));
        using var late = user.Guess(AttemptId.Draw(SystemRandom.Instance));
        foreach (var instance in world.Instances) Assert.False(await late.AtAsync(instance.Realm));
        Assert.True((await server.Service.Audit.RunAsync(default)).IsSound);
    }

    private static async Task EraseAsync(InstanceWorld world, TestAccount account, TestAuthority phone)
    {
        for (var attempt = 0; attempt < 50; attempt++)
        {
            var instance = world.Instances[attempt % 3];
            var passed = await instance.Gate.PassAsync(
                KeyId.OfDevice(account.Now.Account, phone.Id), key => key == phone.Signing.PublicKey, default);
            if (passed is Gate.GateResult.Shut { Failure.Code: ErrorCode.Erased }) return;
            using var open = Assert.IsType<Gate.GateResult.Open>(passed).Account;
            try
            {
                var round = (await instance.Erasures.StatusAsync(open, default)).Round;
                if (await instance.Erasures.RequestAsync(open, round, default) is Outcome<ErasureStatus>.Done) return;
            }
            catch (Stores.StoreUnavailableException)
            {
                // Asked again, elsewhere.
            }
        }

        Assert.Fail("no instance took the erasure");
    }
}
