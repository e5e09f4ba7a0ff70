using KeyRecovery.Protocol.Passphrases;
using KeyRecovery.Protocol.Realms;
using KeyRecovery.Protocol.Vault;
using KeyRecovery.Testing.Hosting;

namespace KeyRecovery.Client.Tests.Passphrases;

/// <summary>What a passphrase does for its user.</summary>
[Collection(RealmTests.Name)]
public sealed class PassphraseTests(RealmsFixture fixture)
{
    [Theory]
    [InlineData(0)]
    [InlineData(0, 1, 2)]
    public async Task It_brings_everything_back_on_a_machine_that_has_nothing_but_the_login(params int[] realms)
    {
        using var world = await PassphraseWorld.CreateAsync(fixture, realms);
        using var laptop = world.NewDevice();

        using var session = TestDevice.Value(await world.GuessAsync(laptop, PassphraseWorld.Right));
        Assert.Empty(session.RealmReports);
        var recovered = TestDevice.Value(await session.CompleteAsync("laptop", [world.Vault.Device]));

        using var vault = recovered.Vault;
        Assert.Equal("kept"u8.ToArray(), TestDevice.Value(await vault.GetAsync("identity")));
        Assert.IsType<ClientFailure.Revoked>(TestDevice.Failure(await world.Vault.RefreshAsync()));
        // The slot stays, and all guesses are there again.
        Assert.All(TestDevice.Value(await vault.Passphrase.StatusAsync()),
            s => Assert.Equal((RealmSlotState.Live, 10), (s.State, s.GuessesLeft)));
    }

    [Fact]
    public async Task How_a_keyboard_composes_characters_does_not_matter()
    {
        using var world = await PassphraseWorld.CreateAsync(fixture, [0], "\uFB01\uFF11\u00E9 sesam \u00F6ffne dich");
        using var laptop = world.NewDevice();

        using var session = TestDevice.Value(await world.GuessAsync(laptop, " fi1e\u0301 sesam o\u0308ffne dich "));
        Assert.Equal(1, TestDevice.Value(await session.CheckItemsAsync()));
    }

    [Fact]
    public async Task A_wrong_one_says_how_many_guesses_are_left_and_nothing_derived_leaves_the_device()
    {
        using var world = await PassphraseWorld.CreateAsync(fixture, [0, 1, 2]);
        using var laptop = world.NewDevice();

        var first = Assert.IsType<ClientFailure.WrongPassphrase>(
            TestDevice.Failure(await world.GuessAsync(laptop, "wrong horse")));
        var second = Assert.IsType<ClientFailure.WrongPassphrase>(
            TestDevice.Failure(await world.GuessAsync(laptop, "wronger horse")));

        Assert.Equal((9, 8), (first.GuessesLeft, second.GuessesLeft));
        var sent = System.Text.Encoding.Latin1.GetString(laptop.Relay.Recorded.ToArray());
        Assert.Contains("/v1/realm/evaluate", sent, StringComparison.Ordinal);
        Assert.DoesNotContain("/v1/recovery\n", sent, StringComparison.Ordinal);
        Assert.DoesNotContain("/v1/realm/reset", sent, StringComparison.Ordinal);
        Assert.DoesNotContain("Signature", sent, StringComparison.Ordinal);

        // The control: a right one signs and resets.
        using var session = TestDevice.Value(await world.GuessAsync(laptop, PassphraseWorld.Right));
        var more = System.Text.Encoding.Latin1.GetString(laptop.Relay.Recorded.ToArray());
        Assert.Contains("Signature", more, StringComparison.Ordinal);
    }

    [Fact]
    public async Task After_the_last_guess_it_is_locked_for_good_and_code_and_devices_go_on()
    {
        using var world = await PassphraseWorld.CreateAsync(fixture, [0]);
        using var laptop = world.NewDevice();
        for (var left = 9; left >= 0; left--)
            Assert.Equal(
                left, Assert.IsType<ClientFailure.WrongPassphrase>(
                    TestDevice.Failure(await world.GuessAsync(laptop, "wrong horse"))).GuessesLeft);

        Assert.IsType<ClientFailure.PassphraseLocked>(
            TestDevice.Failure(await world.GuessAsync(laptop, PassphraseWorld.Right)));
        Assert.IsType<ClientFailure.PassphraseLocked>(
            TestDevice.Failure(await world.GuessAsync(laptop, PassphraseWorld.Right)));

        // Its app's back end hears of each, and that it is locked.
        var heard = await fixture.HeardAsync(world.Subject, "slotLocked");
        Assert.Equal(10, heard.Count(one => one == "wrongGuess"));

        // The owner sees every guess of the stranger's, and sets a new one with the device or the code.
        var status = Assert.Single(TestDevice.Value(await world.Vault.Passphrase.StatusAsync()));
        Assert.Equal(RealmSlotState.Destroyed, status.State);
        Assert.Equal(10, status.GuessesSinceRight);
        Assert.Null(await world.SetAsync("another horse battery staple"));
        using var session = TestDevice.Value(await world.GuessAsync(laptop, "another horse battery staple"));
        using var recovered = await laptop.RecoverAsync(world.Code);
        Assert.Equal("kept"u8.ToArray(), TestDevice.Value(await recovered.GetAsync("identity")));
    }

    [Fact]
    public async Task A_new_one_replaces_the_old_one_everywhere()
    {
        using var world = await PassphraseWorld.CreateAsync(fixture, [0, 1, 2]);
        var old = world.Vault.Authorities.Single(a => a.Kind == AuthorityKind.Passphrase).Id;
        using var laptop = world.NewDevice();

        Assert.Null(await world.SetAsync("another horse battery staple", threshold: 3));

        var now = world.Vault.Authorities.Single(a => a.Kind == AuthorityKind.Passphrase).Id;
        Assert.NotEqual(old, now);
        Assert.IsType<ClientFailure.WrongPassphrase>(
            TestDevice.Failure(await world.GuessAsync(laptop, PassphraseWorld.Right)));
        using var session = TestDevice.Value(await world.GuessAsync(laptop, "another horse battery staple"));
        Assert.All(
            TestDevice.Value(await world.Vault.Passphrase.StatusAsync()),
            s => Assert.Equal((now, 3), (s.Slot, s.Threshold)));
    }

    [Fact]
    public async Task Moving_to_more_realms_re_encrypts_no_item()
    {
        using var world = await PassphraseWorld.CreateAsync(fixture, [0]);
        using var second = fixture.Device(world.Subject, 0, 1, 2);
        using var onSecond = await second.RecoverAsync(world.Code);
        var before = onSecond.Items.Select(i => i.Version).ToList();
        using var passphrase = RealmsFixture.Of(PassphraseWorld.Right);

        // The device that recovered is young and cannot remove the old slot: the phone, with the new configuration,
        // can.
        var young = Assert.IsType<ClientFailure.Refused>(
            TestDevice.Failure(await onSecond.Passphrase.SetAsync(
                passphrase, await fixture.SetAsync(world.Subject))));
        Assert.Equal("young-authority", young.Type);
        Assert.Single(TestDevice.Value(await onSecond.Passphrase.StatusAsync()));
        using var moved = new KeyRecoveryClient(
            new KeyRecoveryOptions
            {
                Server = fixture.Home.Address, App = "demo",
                RealmGenerations = [fixture.Pins(world.Subject, 0, 1, 2), fixture.Pins(world.Subject, 0)],
            },
            world.Phone.Store);
        using var vault = TestDevice.Value(await moved.OpenAsync());
        TestDevice.Value(await vault.Passphrase.SetAsync(passphrase, await fixture.SetAsync(world.Subject)));

        Assert.Equal(3, TestDevice.Value(await vault.Passphrase.StatusAsync()).Length);
        Assert.Equal(before, vault.Items.Select(i => i.Version));
        using var session = TestDevice.Value(await world.GuessAsync(second, PassphraseWorld.Right));
    }

    [Fact]
    public async Task A_paused_one_takes_no_guess_until_it_is_resumed()
    {
        using var world = await PassphraseWorld.CreateAsync(fixture, [0, 1, 2]);
        using var laptop = world.NewDevice();
        TestDevice.Value(await world.Vault.Passphrase.PauseAsync());

        Assert.IsType<ClientFailure.PassphrasePaused>(
            TestDevice.Failure(await world.GuessAsync(laptop, PassphraseWorld.Right)));
        TestDevice.Value(await world.Vault.Passphrase.ResumeAsync());
        using var session = TestDevice.Value(await world.GuessAsync(laptop, PassphraseWorld.Right));
    }

    [Fact]
    public async Task A_removed_one_opens_nothing()
    {
        using var world = await PassphraseWorld.CreateAsync(fixture, [0, 1, 2]);
        using var laptop = world.NewDevice();

        TestDevice.Value(await world.Vault.Passphrase.RemoveAsync());

        Assert.False(world.Vault.Passphrase.IsSet);
        Assert.Equal(2ul, world.Vault.Epoch);
        Assert.IsType<ClientFailure.UnknownPassphrase>(
            TestDevice.Failure(await world.GuessAsync(laptop, PassphraseWorld.Right)));
        Assert.IsType<ClientFailure.UnknownPassphrase>(
            TestDevice.Failure(await world.Vault.Passphrase.RemoveAsync()));
    }

    [Fact]
    public async Task The_drill_brings_nothing_back_and_costs_no_guess()
    {
        using var world = await PassphraseWorld.CreateAsync(fixture, [0, 1, 2]);
        using var right = RealmsFixture.Of(PassphraseWorld.Right);
        using var wrong = RealmsFixture.Of("wrong horse");
        var version = world.Vault.Version;

        Assert.Equal(
            1, TestDevice.Value(await world.Vault.Passphrase.CheckAsync(right, await world.TokenAsync())).Items);
        Assert.Equal(
            9, Assert.IsType<ClientFailure.WrongPassphrase>(
                TestDevice.Failure(
                    await world.Vault.Passphrase.CheckAsync(wrong, await world.TokenAsync()))).GuessesLeft);
        Assert.Equal(
            1, TestDevice.Value(await world.Vault.Passphrase.CheckAsync(right, await world.TokenAsync())).Items);

        Assert.Equal(version, world.Vault.Version);
        Assert.All(TestDevice.Value(await world.Vault.Passphrase.StatusAsync()), s => Assert.Equal(10, s.GuessesLeft));
    }

    [Theory]
    [InlineData("password", 1, false)]
    [InlineData("123456", 1, false)]
    [InlineData("correct horse battery staple", 1, true)]
    [InlineData("1374", 2, true)]
    [InlineData("137", 2, false)]
    public async Task A_weak_one_is_refused_before_anything_is_sent_unless_several_realms_guard_it(
        string text, int threshold, bool isSet)
    {
        using var world = await PassphraseWorld.CreateAsync(fixture, threshold == 1 ? [0] : [0, 1, 2]);
        var sent = world.Phone.Relay.Requests;

        var failure = await world.SetAsync(text, threshold);

        if (isSet) Assert.Null(failure);
        else
        {
            Assert.IsType<ClientFailure.WeakPassphrase>(failure);
            Assert.Equal(sent, world.Phone.Relay.Requests);
        }
    }

    [Fact]
    public async Task What_the_weakest_device_cannot_afford_is_refused_when_it_is_set()
    {
        using var world = await PassphraseWorld.CreateAsync(fixture, [0]);
        using var passphrase = RealmsFixture.Of(PassphraseWorld.Right);
        var sent = world.Phone.Relay.Requests;

        var failure = TestDevice.Failure(await world.Vault.Passphrase.SetAsync(
            passphrase,
            new SetPassphraseOptions { Token = await world.TokenAsync(), Profile = StretchProfile.Standard }));

        Assert.IsType<ClientFailure.Invalid>(failure);
        Assert.Equal(sent, world.Phone.Relay.Requests);
    }

    [Fact]
    public async Task Whoever_looks_often_and_goes_away_at_once_uses_up_no_guess()
    {
        using var world = await PassphraseWorld.CreateAsync(fixture, [0]);
        for (var i = 0; i < 5; i++)
        {
            using var device = world.NewDevice();
            using var session = TestDevice.Value(await world.GuessAsync(device, PassphraseWorld.Right));
        }
        Assert.Equal(10, Assert.Single(TestDevice.Value(await world.Vault.Passphrase.StatusAsync())).GuessesLeft);
    }

    [Fact]
    public async Task Another_login_finds_nothing()
    {
        using var world = await PassphraseWorld.CreateAsync(fixture, [0]);
        using var stranger = world.NewDevice();

        Assert.IsType<ClientFailure.UnknownPassphrase>(
            TestDevice.Failure(
                await world.GuessAsync(
                    stranger, PassphraseWorld.Right, await fixture.Home.TokenAsync("somebody else"))));
        Assert.Equal(10, Assert.Single(TestDevice.Value(await world.Vault.Passphrase.StatusAsync())).GuessesLeft);
    }
}
