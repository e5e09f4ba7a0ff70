using KeyRecovery.Protocol.Vault;
using KeyRecovery.Service.Accounts;
using KeyRecovery.Service.Errors;
using KeyRecovery.Service.UseCases;
using KeyRecovery.Testing;
using AccountChange = KeyRecovery.Testing.AccountChange;

namespace KeyRecovery.Service.Tests.Restores;

/// <summary>Repairs that come at the wrong moment: beside a commit of another instance, or once more.</summary>
[Trait("Store", "Files")]
public sealed class RepairRaceTests
{
    [Fact]
    public async Task Of_a_repair_and_a_commit_at_once_one_is_taken_and_what_was_acknowledged_stays()
    {
        await using var world = await RestoreWorld.OpenAsync();
        var set = world.Account.Now;
        await world.SaveAsync("set");
        await world.PutAsync(world.Phone, [2]);
        var known = world.Account.Now;
        for (var round = 0; round < 8; round++)
        {
            await world.RestoreAsync(data: "set");
            world.Rewind(set);
            var commit = world.Account.Commit(
                world.Tablet, new AccountChange { Put = [(world.Diary, [(byte)(100 + round)])] });
            var committed = world.Account.Now;
            var repair = world.Bundle(known);
            using var open = await world.Server.PassAsync(world.Account, world.Tablet);
            var racing = Task.Run(async () => await world.Server.Other.Commits.CommitAsync(open, commit, default));
            var repaired = await world.RepairAsync(world.Phone, repair);
            var answer = await racing;

            var isRepaired = repaired is Outcome<RepairResult>.Done;
            Assert.NotEqual(isRepaired, answer is Outcome<Heads>.Done);
            if (repaired is Outcome<RepairResult>.Failed(var refused))
                Assert.Equal(ProtocolFault.RolledBackManifest, refused.Rule);
            else
                Assert.Equal(
                    ErrorCode.StaleVersion, Assert.IsType<Outcome<Heads>.Failed>(answer).Failure.Code);
            // What is missing of the repair is brought by the same once more.
            if (isRepaired) await world.RepairedAsync(world.Phone, repair);
            await world.HasAsync(isRepaired ? known : committed, world.Phone, world.Tablet, world.Code);
        }
    }

    [Fact]
    public async Task A_recorded_way_back_or_repair_that_is_sent_again_later_changes_nothing()
    {
        await using var world = await RestoreWorld.OpenAsync();
        var set = world.Account.Now;
        await world.SaveAsync("set");
        await world.CommitAsync(world.Phone, new AccountChange { Remove = [world.Tablet] });
        var repair = world.Bundle(world.Account.Now);
        await world.RestoreAsync(data: "set");
        await world.TellAsync(world.Code);
        await world.WaitAsync(TimeSpan.FromHours(73));
        world.Rewind(set);
        using var phone = TestAuthority.Device(world.Random);
        world.Account.Commit(world.Code, new AccountChange { Add = [phone], Remove = [world.Tablet] });
        var back = world.Bundle(world.Account.Now);
        await world.RepairedAsync(world.Code, back);

        await world.PutAsync(world.Phone, [7]);
        await world.CommitAsync(world.Phone, new AccountChange { Mend = true });
        var now = world.Account.Now;
        await world.RefusedAsync(world.Code, back, "links", ProtocolFault.NotBehind);
        await world.RefusedAsync(world.Phone, repair, "links", ProtocolFault.NotBehind);
        await world.HasAsync(now, world.Phone, world.Code, phone);

        // Nor where the account was restored once more: the way back is older than what is there.
        await world.SaveAsync("newer");
        await world.PutAsync(world.Phone, [8]);
        await world.RestoreAsync(data: "newer");
        await world.RefusedAsync(world.Code, back, "manifest", ProtocolFault.RolledBackManifest);
        await world.RefusedAsync(world.Phone, repair, "manifest", ProtocolFault.RolledBackManifest);
        await world.HasAsync(now, world.Phone, world.Code, phone);
    }
}
