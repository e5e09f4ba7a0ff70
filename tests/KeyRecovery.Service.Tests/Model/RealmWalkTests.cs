using KeyRecovery.Protocol.Vault;
using KeyRecovery.Protocol.Wire;
using KeyRecovery.Service.Keys;
using KeyRecovery.Testing;
using Xunit.Abstractions;
using Xunit.Sdk;

namespace KeyRecovery.Service.Tests.Model;

/// <summary>Walks with a realm that are written down, and what the model would notice.</summary>
[Trait("Store", "Files")]
public sealed class RealmWalkTests(ITestOutputHelper output)
{
    [Theory]
    [InlineData(1)]
    [InlineData(2)]
    [InlineData(5)]
    public async Task A_realm_before_a_restored_home_is_brought_along_by_a_device_that_both_know(int written)
    {
        // What the home lost is written anew, shorter or longer than it was.
        var tally = await WalkAsync([
            (Move.SetPassphrase, 3), (Move.Wait, 2), (Move.Save, 0), (Move.Link, 0), (Move.Write, 2), (Move.Follow, 1),
            (Move.RestoreBoth, 4095), .. Enumerable.Repeat((Move.Write, 4094), written), (Move.Follow, 0)]);
        Assert.True(tally["recovered"] == 1 && tally["passphrase opened"] == 1, $"{tally}");
        Assert.True(tally["fork followed"] + tally["followed"] >= 1, $"{tally}");
    }

    [Fact]
    public async Task A_passphrase_that_a_restore_lost_is_paused_and_another_is_set()
    {
        var tally = await WalkAsync(
            (Move.Wait, 2), (Move.Save, 0), (Move.SetPassphrase, 3), (Move.Wait, 2), (Move.RestoreBoth, 4095),
            (Move.Link, 4094), (Move.Write, 4094), (Move.Follow, 0), (Move.Wait, 4), (Move.Wait, 4));
        Assert.True(tally["fork followed"] > 0 && tally["recovered"] == 1, $"{tally}");
    }

    [Fact]
    public async Task Whatever_a_home_alone_and_culprits_alone_tell_a_realm_no_share_goes()
    {
        var lies = Enumerable.Range(0, 60).Select(i => (Move.LieToRealm, (i * 17) + i));
        var tally = await WalkAsync([
            (Move.SetPassphrase, 3), (Move.Link, 0), (Move.Write, 0), (Move.Save, 0), (Move.Write, 2), (Move.Link, 0),
            (Move.Follow, 0), (Move.LetIn, 0), (Move.Wait, 2), (Move.Steal, 1),
            .. Enumerable.Range(0, 40).Select(i => (Move.Mislead, i * 5)), (Move.RestoreBoth, 0), .. lies]);
        Assert.True(tally["lie not followed"] > 5 && tally["misled"] > 0 && tally["not misled"] > 0, $"{tally}");
        Assert.Equal(0, tally["share gone"]);
    }

    [Fact]
    public async Task A_model_whose_home_works_with_a_device_sees_the_share_go()
    {
        await using var world = await ModelWorld.OpenAsync(1);
        await new Walk(world).GoAsync([(Move.SetPassphrase, 3), (Move.Wait, 2)]);
        var (phone, realm) = (world.Members[0], world.Witness!);
        var vault = (await world.ReadAsync(phone))!;
        var slot = Assert.IsType<AuthorityId>(realm.Slot(0));
        var passphrase = world.Members.Single(m => m.Id == slot).Keys;
        var draft = Draft.Of(
            vault, phone, new AccountChange { Remove = [passphrase] }, Spoil.None, world.Random)!;
        using var secrets = await ServerSecrets.LoadOrCreateAsync(
            world.Home.Server.Keys, world.Home.Server.Root, world.Random, default);
        using var key = secrets.AuditKey();
        var link = draft.Commit.Link!;
        var head = AccountHead.Of(
            new ChainPlace(link.Link.Sequence, link.Hash), draft.Commit.Manifest, world.Now + 1);
        var failed = await Assert.ThrowsAsync<TrueException>(() => realm.FollowAsync(
            SignedHead.Sign(head, key), [.. vault.Links.Select(l => l.Bytes), link.Bytes], []));
        Assert.Contains("a share is gone", failed.Message, StringComparison.Ordinal);
    }

    private async Task<Tally> WalkAsync(params (Move, int)[] steps)
    {
        await using var world = await ModelWorld.OpenAsync(1);
        await new Walk(world).GoAsync(steps);
        output.WriteLine($"{world.Tally}");
        return world.Tally;
    }
}
