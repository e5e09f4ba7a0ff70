using KeyRecovery.Protocol.Vault;
using KeyRecovery.Testing;

namespace KeyRecovery.Service.Tests.Points;

/// <summary>
/// F01, F02, F04 by a device that is trusted, and stolen: undone by the code from the points that there are before
/// links, whatever it links, writes and deletes in a day.
/// </summary>
public sealed class TrustedThiefTests
{
    [Fact]
    public async Task What_it_replaced_often_and_deleted_is_back_as_it_was_before_its_first_link_of_the_day()
    {
        await using var world = await PointWorld.OpenAsync();
        using var laptop = await StolenAsync(world);
        var good = world.Account.Now;
        for (var link = 0; link < 5; link++) await world.CommitAsync(laptop, new AccountChange { Mend = true });
        var thief = new YoungThief(world, laptop);
        for (var i = 0; i < 30; i++) await thief.WriteAsync(world.Diary);
        await thief.WriteAsync([], world.Diary, world.Photo);
        await world.SoundAsync();

        Assert.Contains(await world.PointsAsync(world.Code), p => p.Point.Manifest == good.Manifest.Place);
        await world.UndoAsync(world.Code, good.Manifest.Hash, thief);
        await world.HasAsync(good, world.Phone, world.Code);
        await world.SoundAsync();
    }

    [Fact]
    public async Task An_epoch_of_its_own_that_leads_nowhere_is_left_off()
    {
        await using var world = await PointWorld.OpenAsync();
        using var laptop = await StolenAsync(world);
        var thief = new YoungThief(world, laptop);
        var good = world.Account.Now;
        using (var open = world.Account.Open(laptop))
        using (var draft = ChainLinkDraft.NextEpoch(
            open.Vault, open.Keys.Current, new ChainLinkChange([], [], true), laptop.Id, 0, world.Random))
        {
            var link = Forge.Link(draft.Link with { PreviousEpochKey = world.Random.Bytes(48) }, laptop);
            var before = good.Manifest;
            var manifest = before.Manifest with
            {
                Version = before.Manifest.Version + 1, Previous = before.Hash, Trail = before.NextTrail,
                ChainHead = new ChainPlace(link.Link.Sequence, link.Hash), Epoch = link.Link.Epoch,
                Private = world.Random.Bytes(296), Signer = laptop.Id,
            };
            var commit = new CommitBundle(
                link, draft.Keyset, SignedManifest.Sign(manifest, laptop.Signing), []);
            world.Account.Take(commit);
            await world.TakenAsync(laptop, commit);
        }

        var vault = await world.ReadAsync(world.Code);
        Assert.Equal((null, ProtocolFault.UnsoundEpoch), vault.Open(world.Code.Id, world.Code.Kem));
        await world.UndoAsync(world.Code, good.Manifest.Hash, thief);
        await world.HasAsync(good, world.Phone, world.Code);
        Assert.Equal(1UL, world.Account.Now.Links[^1].Link.PreviousEpoch);
        await world.SoundAsync();
    }

    // Linked 40 days ago, and used ever since.
    private static async Task<TestAuthority> StolenAsync(PointWorld world)
    {
        var laptop = TestAuthority.Device(world.Random);
        await world.CommitAsync(world.Phone, new AccountChange { Add = [laptop] });
        world.Server.Time.Advance(TimeSpan.FromDays(40));
        await world.PutAsync(laptop, world.Diary, [5]);
        await world.PutAsync(world.Phone, world.Diary, [6]);
        return laptop;
    }
}
