using KeyRecovery.Protocol.Audit.Log;
using KeyRecovery.Protocol.Wire;
using KeyRecovery.Service.Accounts;
using KeyRecovery.Service.Linking;
using KeyRecovery.Service.Maintenance;
using KeyRecovery.Service.Realms;
using KeyRecovery.Service.Rows;
using KeyRecovery.Service.Stores;
using KeyRecovery.Service.Tests.Log;
using KeyRecovery.Service.Tests.Steps;
using KeyRecovery.Service.Tests.Support;
using KeyRecovery.Testing.Stores;

namespace KeyRecovery.Service.Tests.Instances;

/// <summary>
/// Whoever holds a duty stands still at each of its steps, another takes the lease over and finishes, and the first
/// goes on: nothing happens twice.
/// </summary>
public sealed class FrozenHolderTests
{
    [Theory]
    [InlineData(Duty.Log, 3)]
    [InlineData(Duty.Erasure, 8)]
    [InlineData(Duty.Sweep, 3)]
    public async Task At_each_step_of_a_duty(Duty duty, int least)
    {
        await using var world = await StepWorld.OpenAsync();
        var server = world.Server;
        // Its own clock, in which no time passes while it stands still; and a pass that hears of no lost lease.
        var stopped = new TwoClocks(server.Time.GetUtcNow());
        await using var frozen = new StoreLeases(server.Keys, SystemRandom.Instance, stopped);
        await using var next = new StoreLeases(server.Keys, SystemRandom.Instance, server.Time);
        var stays = await world.NewAccountAsync();
        var erased = 0;
        await world.AtEachStepAsync(StepFate.Frozen, least, async round =>
        {
            // Nobody has it.
            await frozen.DisposeAsync();
            await next.DisposeAsync();
            await SequencerTests.CommitAsync(stays);
            if (duty == Duty.Erasure)
            {
                var goes = await world.NewAccountAsync();
                await server.RequestErasureAsync(goes.Account, goes.Phone);
                server.Time.Advance(TimeSpan.FromHours(73));
                erased++;
            }
            else if (duty == Duty.Sweep)
            {
                using (var open = await stays.PassAsync())
                    await server.Data.WriteAsync(
                        [open.Rows.Ensure(open.Rows.Item(Hash256.Of([(byte)round.At])), [1, 2, 3])], default);
                server.Time.Advance(TimeSpan.FromDays(2));
            }

            await round.DoAsync(
                async () =>
                {
                    await frozen.TryRunAsync(duty, _ => DoAsync(server.Other, duty), default);
                    return "";
                },
                meanwhile: async () =>
                {
                    if (await next.TryRunAsync(duty, _ => DoAsync(server.Service, duty), default)) return;
                    server.Time.Advance(StoreLeases.Expiry);
                    Assert.True(await next.TryRunAsync(duty, _ => DoAsync(server.Service, duty), default));
                    stopped.Advance(StoreLeases.Expiry);
                });

            await server.LogAsync();
            await server.LogAsync();
            Assert.Equal(0, await LogWorld.WaitingAsync(server));
            var leaves = await LogWorld.LeavesAsync(server);
            Assert.Equal(leaves.Count, leaves.Select(leaf => MerkleTree.LeafHash(leaf.Span)).Distinct().Count());
            Assert.Equal(erased, leaves.Count(leaf => AuditLeaf.Decode(leaf).Event == AuditEvent.Erased));
            await world.SoundAsync(orphans: duty != Duty.Sweep);
            await stays.ReadsAsync(stays.Account.Now);
        });
    }

    [Fact]
    public async Task At_each_step_of_the_sweep_of_link_sessions_no_living_one_goes()
    {
        StepwiseDataStore store = null!;
        await using var server = await TestService.OpenAsync(
            Directory.CreateTempSubdirectory("keyrecovery-links-").FullName, SystemRandom.Instance,
            betweenData: data => store = new StepwiseDataStore(data), sharesLinks: true);
        var (one, two) = ((StoreLinkRelay)server.Service.Links, (StoreLinkRelay)server.Other.Links);
        for (var at = 1; ; at++)
        {
            var over = new RelayPair(one, nameplate: "2B3C").Claimed();
            new RelayPair(one, nameplate: "2B3C").Open();
            over.Put(LinkSide.New, 0, [1]);
            server.Time.Advance(TimeSpan.FromMinutes(8));
            var script = StepScript.Of(StepFate.Frozen, at);
            var sweep = Task.Run(async () =>
            {
                store.Script = script;
                return await one.SweepAsync(default);
            });
            await Task.WhenAny(sweep, script.Frozen.Task).WaitAsync(TimeSpan.FromMinutes(1));
            await two.SweepAsync(default);
            // The very same devices, and another one under the name.
            var again = new RelayPair(two, over.Account, "2B3C").Claimed();
            Relayed.Is(LinkReceipt.Done, again.Put(LinkSide.New, 0, [2]));
            Relayed.Is(LinkRelayLimits.UnclaimedLife, over.Open());
            script.Thaw();
            await sweep.WaitAsync(TimeSpan.FromMinutes(1));
            Relayed.Message([2], await again.GetAsync(LinkSide.New, 0));
            Relayed.Is(LinkRelayLimits.ClaimedLife, over.Claim());
            Relayed.Is(LinkReceipt.Done, over.Put(LinkSide.New, 0, [3]));
            Relayed.Done(again.End(LinkSide.New));
            Relayed.Done(over.End(LinkSide.New));
            if (script.HasStruck) continue;
            Assert.True(at > 4, $"{at} steps");
            return;
        }
    }

    [Fact]
    public async Task Who_has_read_a_row_long_ago_finds_its_key_however_often_it_was_moved_and_then_that_it_is_gone()
    {
        await using var world = await StepWorld.OpenAsync();
        var server = world.Server;
        var person = await StepPerson.NewAsync(world);
        var account = new RowIds(server.LookupKey).KeyRow(person.Own.Account.Now.Account);
        var slot = new RowIds(server.LookupKey).RealmSlot(person.Share.Id);
        var (key, share) = (KeyRow.Decode(await ReadAsync(account)), RealmSlotRow.Decode(await ReadAsync(slot)));
        var held = new HeldKeyStore(server.Keys);
        var subjects = new SubjectKeys(server.Ring, held, SystemRandom.Instance);
        var shares = new RealmShares(server.Ring, held, SystemRandom.Instance);
        foreach (var between in new[] { 0, 1, 5 })
        {
            // What was read is moved on again before its reader has it, and its KEK destroyed.
            await RotateAsync();
            var left = between;
            held.AfterRead = async _ =>
            {
                if (left-- > 0) await RotateAsync();
            };
            (await subjects.OpenAsync(account, key, default)).Dispose();
            left = between;
            (await shares.OpenAsync(slot, share, default))!.Dispose();
        }

        held.AfterRead = null;
        server.ErasureHold = TimeSpan.Zero;
        await server.RequestErasureAsync(person.Own.Account, person.Own.Phone);
        await Assert.ThrowsAsync<AccountErasedException>(() => subjects.OpenAsync(account, key, default).AsTask());
        Assert.Null(await shares.OpenAsync(slot, share, default));

        async Task<ReadOnlyMemory<byte>> ReadAsync(RowKey place) =>
            (await server.Keys.ReadAsync(place, default))!.Value;

        async Task RotateAsync()
        {
            for (var pass = 0; pass < 2; pass++) await server.Service.Rotation.RunAsync(begin: true, null, default);
        }
    }

    private static Task DoAsync(KeyRecoveryService instance, Duty duty) => duty switch
    {
        Duty.Log => instance.Log!.PassAsync(default),
        Duty.Erasure => instance.Erasures.ResumeAsync(default),
        _ => instance.Sweeper.SweepAsync(TimeSpan.FromDays(1), default),
    };
}
