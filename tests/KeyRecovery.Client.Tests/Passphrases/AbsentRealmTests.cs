using KeyRecovery.Protocol.Primitives;
using KeyRecovery.Protocol.Realms;
using KeyRecovery.Protocol.Vault;
using KeyRecovery.Protocol.Wire;
using KeyRecovery.Testing.Hosting;
using KeyRecovery.Testing.Realms;

namespace KeyRecovery.Client.Tests.Passphrases;

/// <summary>A realm that is away when it is needed, or when something changes.</summary>
[Collection(RealmTests.Name)]
public sealed class AbsentRealmTests(RealmsFixture fixture)
{
    [Fact]
    public async Task Two_of_three_suffice_and_the_third_is_named()
    {
        using var world = await PassphraseWorld.CreateAsync(fixture, [0, 1, 2]);
        using var laptop = world.NewDevice();
        var start = await fixture.StopAsync(2);
        try
        {
            using var session = TestDevice.Value(await world.GuessAsync(laptop, PassphraseWorld.Right));
            Assert.Equal(1, TestDevice.Value(await session.CheckItemsAsync()));
        }
        finally
        {
            await start();
        }
    }

    [Fact]
    public async Task One_of_three_does_not_and_the_passphrase_is_not_called_wrong()
    {
        using var world = await PassphraseWorld.CreateAsync(fixture, [0, 1, 2]);
        using var laptop = world.NewDevice();
        var (startOne, startTwo) = (await fixture.StopAsync(1), await fixture.StopAsync(2));
        try
        {
            var failure = Assert.IsType<ClientFailure.TooFewRealms>(
                TestDevice.Failure(await world.GuessAsync(laptop, PassphraseWorld.Right)));
            Assert.Equal(["realm 1", "realm 2"], failure.Missing.Order());
        }
        finally
        {
            await startOne();
            await startTwo();
        }
    }

    [Fact]
    public async Task While_it_is_away_nothing_is_set_up_and_the_old_one_stays()
    {
        using var world = await PassphraseWorld.CreateAsync(fixture, [0, 1, 2]);
        using var laptop = world.NewDevice();
        var start = await fixture.StopAsync(2);
        try
        {
            Assert.Equal("realm 2",
                Assert.IsType<ClientFailure.RealmUnreachable>(
                    await world.SetAsync("another horse battery staple")).Realm);
        }
        finally
        {
            await start();
        }
        using var session = TestDevice.Value(await world.GuessAsync(laptop, PassphraseWorld.Right));
    }

    [Fact]
    public async Task A_change_that_it_missed_locks_nobody_out_and_is_told_with_the_next_one()
    {
        using var world = await PassphraseWorld.CreateAsync(fixture, [0, 1, 2]);
        using var lost = world.NewDevice();
        using var onLost = await lost.RecoverAsync(world.Code, name: "lost");
        using var laptop = world.NewDevice();
        var start = await fixture.StopAsync(1);
        try
        {
            TestDevice.Value(await world.Vault.RefreshAsync());
            TestDevice.Value(await world.Vault.RevokeAsync(new([onLost.Device])));
        }
        finally
        {
            await start();
        }
        // It was told no head and no new key, and answers all the same.
        using (var session = TestDevice.Value(await world.GuessAsync(laptop, PassphraseWorld.Right)))
            Assert.Empty(session.RealmReports);

        // The next change brings it up to date: the lost device's management keys are of no use at any realm then.
        TestDevice.Value(await world.Vault.MendAsync());
        Assert.All(await onLost.Passphrase.StatusAsync(), s => Assert.Null(s.State));
        Assert.NotNull(await onLost.Passphrase.PauseAsync());
        Assert.All(await world.Vault.Passphrase.StatusAsync(), s => Assert.Equal(RealmSlotState.Live, s.State));
        // The home knows the chain, and needs no key; the others were told of no home.
        Assert.All((await world.Vault.Passphrase.StatusAsync()).Where(s => s.Realm != "realm 0"),
            s => Assert.Contains(s.Events, e => e.Kind == RealmEventKind.NewManagementKey));
    }

    [Fact]
    public async Task A_head_that_a_removed_device_made_up_holds_nobody_up_after_the_removal()
    {
        using var world = await PassphraseWorld.CreateAsync(fixture, [1]);
        using var rogue = world.NewDevice();
        using var onRogue = await rogue.RecoverAsync(world.Code, name: "rogue");
        using var laptop = world.NewDevice();
        await TellAsync(world, rogue, new ChainPlace(1UL << 52, Hash256.Of([7])));
        Assert.IsType<ClientFailure.RolledBackByRealm>(
            TestDevice.Failure(await world.GuessAsync(laptop, PassphraseWorld.Right)));

        TestDevice.Value(await world.Vault.RefreshAsync());
        TestDevice.Value(await world.Vault.RevokeAsync(new([onRogue.Device])));

        using var session = TestDevice.Value(await world.GuessAsync(laptop, PassphraseWorld.Right));
    }

    // What a device in the wrong hands can say: it holds the account's management keys.
    private async Task TellAsync(PassphraseWorld world, TestDevice device, ChainPlace head)
    {
        using var state = await device.Store.LoadAsync(default);
        using var kem = KemPrivateKey.FromSeed(state!.KemSeed.Span);
        using var signing = SigningKey.FromSeed(state.SigningSeed.Span);
        var verdict = VerifiedVault.Reopen(
            "demo", state.Known!, new OwnIdentity(state.Device, signing.PublicKey));
        using var open = ((VaultVerdict.Ok)verdict).Vault.Open(state.Device, kem).Vault!;
        var key = Assert.Single(open.Private.RealmKeys);
        using var management = SigningKey.FromSeed(key.ManagementSeed.Span);
        using var http = new HttpClient { BaseAddress = fixture.Servers[1].Address };
        var realm = await TestRealmClient.ConnectAsync(http, null);
        var body = RealmManage.Sign(
            realm.Realm.Fingerprint, key.Slot, 1UL << 50, RealmCommand.TellHead(head), management);
        Assert.Equal(head, (await realm.SendAsync("manage", key.Slot, body, null)).Status!.Head);
    }
}
