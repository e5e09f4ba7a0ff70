using KeyRecovery.Protocol.Vault;
using KeyRecovery.Protocol.Wire;
using KeyRecovery.Service.Accounts;
using KeyRecovery.Service.Errors;
using KeyRecovery.Service.Rows;
using KeyRecovery.Service.Tests.Support;
using KeyRecovery.Testing;
using KeyRecovery.Testing.Stores;

namespace KeyRecovery.Service.Tests.Steps;

/// <summary>
/// A removal that is cut, unanswered or frozen at each of its steps: whoever is told of it has it in the key row, where
/// a restored data store cannot forget it, and the key row never goes back.
/// </summary>
[Trait("Category", "Rounds")]
public sealed class RemovalStepTests
{
    [Theory]
    [MemberData(nameof(StepFates.EachOfShort), MemberType = typeof(StepFates))]
    public async Task At_each_step_it_is_remembered_before_anybody_is_told_and_not_forgotten_for_another(StepFate fate)
    {
        await using var world = await StepWorld.OpenAsync();
        await world.AtEachStepAsync(fate, 5, async round =>
        {
            var user = await world.NewAccountAsync();
            var (laptop, tablet) = (TestAuthority.Device(world.Random), TestAuthority.Device(world.Random));
            var added = user.Account.Commit(user.Phone, new AccountChange { Add = [laptop, tablet] });
            Assert.IsType<Outcome<Heads>.Done>(await world.Server.CommitAsync(user.Account, user.Phone, added));
            var first = user.Account.Commit(user.Phone, new AccountChange { Remove = [laptop] });
            CommitBundle? second = null;
            using var open = await user.PassAsync();
            var outcome = await round.DoAsync(
                () => world.Server.Service.Commits.CommitAsync(open, first, default).AsTask(),
                async () => second = await RemovedMeanwhileAsync(user, first, tablet));

            var remembered = await RememberedAsync(user);
            foreach (var told in new[] { outcome is Outcome<Heads>.Done ? first : null, second }.OfType<CommitBundle>())
                Assert.True(
                    remembered?.Sequence >= told.Link!.Link.Sequence, "an acknowledged removal may be forgotten");

            // Whoever comes next brings the key row up to what is committed, and not beyond.
            using (var next = await user.PassAsync())
            {
                Assert.Equal(next.State.Chain, await RememberedAsync(user));
                if (outcome is Outcome<Heads>.Done) Assert.False(next.State.Authorities.ContainsKey(laptop.Id));
                if (second is not null) Assert.False(next.State.Authorities.ContainsKey(tablet.Id));
                if (next.State.ManifestHash != user.Account.Now.Manifest.Hash) user.Account.Forget();
            }

            await user.ReadsAsync(user.Account.Now);
            await world.SweptAsync();
            await user.ReadsAsync(user.Account.Now);
        });
    }

    // By another instance, on what it finds there.
    private static async Task<CommitBundle> RemovedMeanwhileAsync(
        StepAccount user, CommitBundle first, TestAuthority tablet)
    {
        using var open = await user.PassAsync();
        if (open.State.ManifestHash != first.Manifest.Hash) user.Account.Forget();
        var second = user.Account.Commit(user.Phone, new AccountChange { Remove = [tablet] });
        Assert.IsType<Outcome<Heads>.Done>(await user.World.Server.Other.Commits.CommitAsync(open, second, default));
        return second;
    }

    private static async Task<ChainPlace?> RememberedAsync(StepAccount user)
    {
        var place = new RowIds(user.World.Server.LookupKey).KeyRow(user.Account.Now.Account);
        return KeyRow.Decode((await user.World.Server.Keys.ReadAsync(place, default))!.Value).MinChain?.Place;
    }
}
