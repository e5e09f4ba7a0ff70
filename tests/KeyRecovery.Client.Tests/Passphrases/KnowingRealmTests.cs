using System.Net;
using KeyRecovery.Protocol.Realms;
using KeyRecovery.Protocol.Recovery;
using KeyRecovery.Testing.Hosting;

namespace KeyRecovery.Client.Tests.Passphrases;

/// <summary>
/// Realms know the account's chain, of homes that they were told of: a home server, and another operator's. Who is
/// active there commands them, and no key of the account does.
/// </summary>
[Collection(RealmTests.Name)]
public sealed class KnowingRealmTests(RealmsFixture fixture)
{
    [Fact]
    public async Task A_passphrase_is_set_recovers_is_paused_and_resumed_by_nothing_but_the_chain()
    {
        using var world = await PassphraseWorld.CreateAsync(fixture, [0, 1]);
        Assert.All(TestDevice.Value(await world.Vault.Passphrase.StatusAsync()),
            s => Assert.Equal((RealmSlotState.Live, 10), (s.State, s.GuessesLeft)));

        TestDevice.Value(await world.Vault.Passphrase.PauseAsync());
        using var laptop = world.NewDevice();
        Assert.IsType<ClientFailure.PassphrasePaused>(TestDevice.Failure(await GuessAsync(world, laptop)));
        TestDevice.Value(await world.Vault.Passphrase.ResumeAsync());
        Assert.All(TestDevice.Value(await world.Vault.Passphrase.StatusAsync()), s => Assert.Equal(
            [RealmEventKind.Paused, RealmEventKind.Resumed],
            s.Events.Select(e => e.Kind).Where(k => k is RealmEventKind.Paused or RealmEventKind.Resumed)));
        using (var session = TestDevice.Value(await GuessAsync(world, laptop))) Assert.Empty(session.RealmReports);
    }

    [Fact]
    public async Task F10_a_removed_device_is_nobody_to_the_realms_and_a_removed_passphrase_is_destroyed_there()
    {
        using var world = await PassphraseWorld.CreateAsync(fixture, [0, 1]);
        using var lost = world.NewDevice();
        using var onLost = await lost.RecoverAsync(world.Code, name: "lost");
        Assert.All(TestDevice.Value(await onLost.Passphrase.StatusAsync()), s => Assert.NotNull(s.State));
        TestDevice.Value(await world.Vault.RefreshAsync());
        TestDevice.Value(await world.Vault.RevokeAsync(new([onLost.Device])));

        Assert.All(TestDevice.Value(await onLost.Passphrase.StatusAsync()), s => Assert.Null(s.State));
        TestDevice.Failure(await onLost.Passphrase.PauseAsync());
        using (var laptop = world.NewDevice())
        using (TestDevice.Value(await GuessAsync(world, laptop))) { }

        // What a machine knows of the slots that was asleep since: it is gone at the realms.
        using var asleep = world.NewDevice();
        byte[]? slots = null;
        asleep.Relay.OnAnswer = (request, body) =>
            request.RequestUri!.AbsolutePath == "/v1/recovery/slots" ? slots ??= body : body;
        using (TestDevice.Value(await GuessAsync(world, asleep))) { }
        TestDevice.Value(await world.Vault.Passphrase.RemoveAsync());
        Assert.IsType<ClientFailure.PassphraseLocked>(TestDevice.Failure(await GuessAsync(world, asleep)));
    }

    [Fact]
    public async Task F07_a_home_that_shows_an_older_vault_is_caught_by_what_it_signed_before()
    {
        using var world = await PassphraseWorld.CreateAsync(fixture, [0, 1]);
        byte[]? old = null;
        using var laptop = world.NewDevice();
        laptop.Relay.OnAnswer = (request, body) =>
            request.RequestUri!.AbsolutePath == "/v1/recovery" ? old ??= body : body;
        using (TestDevice.Value(await GuessAsync(world, laptop))) { }
        using var another = RecoveryCode.Generate(SystemRandom.Instance);
        TestDevice.Value(await world.Vault.AddCodeAsync(another));

        var failure = Assert.IsType<ClientFailure.RolledBackByRealm>(
            TestDevice.Failure(await GuessAsync(world, laptop)));

        Assert.False(failure.Head.IsEmpty);
        laptop.Relay.OnAnswer = null;
        using var session = TestDevice.Value(await GuessAsync(world, laptop));
    }

    [Fact]
    public async Task F07_a_device_that_asks_its_realms_hears_of_what_the_home_keeps_from_it()
    {
        using var world = await PassphraseWorld.CreateAsync(fixture, [0, 1]);
        using var laptop = world.NewDevice();
        using var onLaptop = await laptop.RecoverAsync(world.Code, name: "laptop");
        using var another = RecoveryCode.Generate(SystemRandom.Instance);
        TestDevice.Value(await world.Vault.AddCodeAsync(another));
        laptop.Relay.OnRequest = (request, _) => request.RequestUri!.AbsolutePath == "/v1/vault"
            ? new HttpResponseMessage(HttpStatusCode.NotModified) : null;

        Assert.All(TestDevice.Value(await onLaptop.Passphrase.StatusAsync()), s => Assert.False(
            Assert.IsType<ClientFailure.RolledBackByRealm>(s.Concern).Head.IsEmpty));

        // The control: a home that hides nothing leads there.
        laptop.Relay.OnRequest = null;
        Assert.All(TestDevice.Value(await onLaptop.Passphrase.StatusAsync()), s => Assert.Null(s.Concern));
    }

    [Fact]
    public async Task A_realm_that_was_not_told_of_the_home_takes_no_passphrase_and_is_named()
    {
        using var folder = new TempFolder();
        await using var stranger = await ServerProcess.StartAsync(folder["realm"], 0, RealmsFixture.Settings);
        using var world = await PassphraseWorld.CreateAsync(fixture, [0]);
        var pin = new PinnedRealm
        {
            Name = "stranger", Server = stranger.Address,
            Fingerprint = await RealmsFixture.FingerprintAsync(stranger),
            Token = async _ => await stranger.TokenAsync(world.Subject),
        };
        using var phone = new TestDevice(fixture.Home.Address, "demo", options => options with
        {
            RealmGenerations = [new RealmGeneration([.. fixture.Pins(world.Subject, 0).Realms, pin])], Attempts = 1,
        });
        using var vault = await phone.RecoverAsync(world.Code);
        using var passphrase = RealmsFixture.Of("another horse battery staple");

        var failure = (await vault.Passphrase.SetAsync(passphrase, await fixture.SetAsync(world.Subject))).Error;

        Assert.Equal("stranger", Assert.IsType<ClientFailure.RealmKnowsNoHome>(failure).Realm);
        using var laptop = world.NewDevice();
        using var session = TestDevice.Value(await GuessAsync(world, laptop));
    }

    private static Task<Result<RecoverySession>> GuessAsync(PassphraseWorld world, TestDevice device) =>
        world.GuessAsync(device, PassphraseWorld.Right);
}
