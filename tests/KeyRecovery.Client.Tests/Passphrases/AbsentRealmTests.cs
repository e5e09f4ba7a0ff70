using KeyRecovery.Protocol.Realms;
using KeyRecovery.Testing.Hosting;

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
        // It was told no head, and answers all the same.
        using (var session = TestDevice.Value(await world.GuessAsync(laptop, PassphraseWorld.Right)))
            Assert.Empty(session.RealmReports);

        // The next change brings it up to date: the lost device is nobody at any realm then.
        TestDevice.Value(await world.Vault.MendAsync());
        Assert.All(TestDevice.Value(await onLost.Passphrase.StatusAsync()), s => Assert.Null(s.State));
        TestDevice.Failure(await onLost.Passphrase.PauseAsync());
        Assert.All(
            TestDevice.Value(await world.Vault.Passphrase.StatusAsync()),
            s => Assert.Equal(RealmSlotState.Live, s.State));
    }
}
