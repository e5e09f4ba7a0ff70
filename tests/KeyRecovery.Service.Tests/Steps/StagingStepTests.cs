using KeyRecovery.Protocol.Vault;
using KeyRecovery.Protocol.Wire;
using KeyRecovery.Service.Errors;
using KeyRecovery.Testing;
using KeyRecovery.Testing.Stores;

namespace KeyRecovery.Service.Tests.Steps;

/// <summary>
/// Items that are stored ahead of their commit, cut, unanswered or frozen at each step; also where older ones have to
/// give way.
/// </summary>
[Trait("Category", "Rounds")]
public sealed class StagingStepTests
{
    public static TheoryData<StepFate, bool> Fates => StepFates.With(StepFates.Short, false, true);

    [Theory]
    [MemberData(nameof(Fates))]
    public async Task At_each_step_the_same_again_is_stored_and_commits(StepFate fate, bool isFull)
    {
        await using var world = await StepWorld.OpenAsync();
        var user = await world.NewAccountAsync();
        for (var filled = 0; isFull && filled < Limits.StagedItems; filled++)
        {
            await PutAsync(world, user, Seal(user).Sealed);
            user.Account.Forget();
        }

        await world.AtEachStepAsync(fate, 2, async round =>
        {
            var (sealedItem, commit) = Seal(user);
            var hash = Hash256.Of(sealedItem);
            using var open = await user.PassAsync();
            await round.DoAsync(
                () => world.Server.Service.Staging.PutAsync(open, hash, sealedItem, default).AsTask(),
                async () =>
                {
                    // Meanwhile the item is stored by a retry that reached another instance.
                    using var again = await user.PassAsync();
                    Assert.IsType<Outcome<Hash256>.Done>(
                        await world.Server.Other.Staging.PutAsync(again, hash, sealedItem, default));
                });
            await PutAsync(world, user, sealedItem);
            Assert.IsType<Outcome<Accounts.Heads>.Done>(
                await world.Server.CommitAsync(user.Account, user.Phone, commit));
            await user.ReadsAsync(user.Account.Now);
            await world.SoundAsync(orphans: true);
        });
        await world.SweepAsync();
        await world.SoundAsync();
        await user.ReadsAsync(user.Account.Now);
    }

    private static (byte[] Sealed, CommitBundle Commit) Seal(StepAccount user)
    {
        var id = new ItemId(user.World.Random.Bytes(16));
        var whole = user.Account.Commit(user.Phone, new AccountChange { Put = [(id, user.World.Random.Bytes(20))] });
        var commit = whole with { Items = [] };
        return (user.Account.Items[user.Account.Now.Manifest.Manifest.Find(id)!.Hash], commit);
    }

    private static async Task PutAsync(StepWorld world, StepAccount user, byte[] item)
    {
        using var open = await user.PassAsync();
        Assert.IsType<Outcome<Hash256>.Done>(
            await world.Server.Service.Staging.PutAsync(open, Hash256.Of(item), item, default));
    }
}
