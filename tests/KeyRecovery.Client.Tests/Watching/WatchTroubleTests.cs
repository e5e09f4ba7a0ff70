using KeyRecovery.Client.Tests.Passphrases;
using KeyRecovery.Protocol.Recovery;
using KeyRecovery.Testing.Hosting;

namespace KeyRecovery.Client.Tests.Watching;

/// <summary>
/// What is told of an account that a device of its own has spoiled, and of a home that realms object to: while somebody
/// watches, and by the next watch where nobody did.
/// </summary>
public sealed class WatchTroubleTests(TrustingServerFixture fixture) : IClassFixture<TrustingServerFixture>
{
    [Theory]
    [InlineData(true)]
    [InlineData(false)]
    public async Task An_account_that_is_spoiled_is_told_with_who_did_it_and_when_it_is_over(bool sleeps)
    {
        var clock = new WatchClock();
        using var phone = new TestDevice(
            fixture.Server.Address, adjust: options => options with { Time = clock, Attempts = 1 });
        using var thief = new TestDevice(fixture.Server.Address);
        using var code = RecoveryCode.Generate();
        using var vault = await phone.CreateAsync(await fixture.Server.TokenAsync(Canary.NewText()), code);
        using (await thief.RecoverAsync(code, name: "stolen")) { }
        TestDevice.Value(await vault.RefreshAsync());
        var (watch, first) = await Watch.BeginAsync(vault, clock);
        Assert.Empty(first);
        if (sleeps) await watch.DisposeAsync();

        await Culprit.BeginUnsoundEpochAsync(thief);
        if (sleeps) (watch, first) = await Watch.BeginAsync(vault, clock);
        else first = await watch.NextAsync();
        await using var _ = watch;
        var spoiled = Assert.IsType<ClientFailure.Spoiled>(
            Assert.Single(first.OfType<AccountEvent.Failed>()).Why);
        Assert.Equal("stolen", spoiled.Name);
        Assert.Empty(await watch.NextAsync());

        TestDevice.Value(await vault.RevokeAsync(new RevocationRequest([spoiled.By]) { Stolen = true }));
        var told = await watch.NextAsync();
        Assert.Single(told.OfType<AccountEvent.Reached>());
        Assert.Equal("stolen", Assert.Single(told.OfType<AccountEvent.Removed>()).Who.Name);
    }
}

/// <summary>A home that shows this device an older account than it showed the realms.</summary>
[Collection(RealmTests.Name)]
public sealed class WatchedRealmTests(RealmsFixture fixture)
{
    [Theory]
    [InlineData(true)]
    [InlineData(false)]
    public async Task What_realms_know_against_the_home_is_told_once_in_a_watch_and_again_after_it_was_over(bool sleeps)
    {
        using var world = await PassphraseWorld.CreateAsync(fixture, [0, 1]);
        var clock = new WatchClock();
        using var laptop = new TestDevice(fixture.Home.Address, adjust: options => options with
        {
            RealmGenerations = [fixture.Pins(world.Subject, 0, 1)], Time = clock, Attempts = 1,
        });
        using var vault = await laptop.RecoverAsync(world.Code, name: "laptop");
        var (watch, first) = await Watch.BeginAsync(vault, clock);
        Assert.Empty(first.OfType<AccountEvent.RealmObjects>());
        if (sleeps) await watch.DisposeAsync();

        // The home keeps the newest state from this device, and the realms were shown it by the phone.
        laptop.Relay.OnRequest = (request, _) => request.RequestUri!.AbsolutePath == "/v1/vault"
            ? new HttpResponseMessage(System.Net.HttpStatusCode.NotModified) : null;
        using var another = RecoveryCode.Generate();
        TestDevice.Value(await world.Vault.AddCodeAsync(another));
        TestDevice.Value(await world.Vault.Passphrase.PauseAsync());
        TestDevice.Value(await world.Vault.Passphrase.ResumeAsync());

        if (sleeps) (watch, first) = await Watch.BeginAsync(vault, clock);
        else first = await watch.NextAsync(TimeSpan.FromHours(1));
        await using var _ = watch;
        Assert.Equal(
            ["realm 0", "realm 1"], Objections(first).Select(e => e.Realm).Order());
        Assert.All(Objections(first), e => Assert.IsType<ClientFailure.RolledBackByRealm>(e.Concern));
        Assert.Empty(Objections(await watch.NextAsync(TimeSpan.FromHours(1))));

        laptop.Relay.OnRequest = null;
        Assert.Empty(Objections(await watch.NextAsync(TimeSpan.FromHours(1))));
        Assert.All(
            TestDevice.Value(await vault.Passphrase.StatusAsync()), status => Assert.Null(status.Concern));
    }

    private static List<AccountEvent.RealmObjects> Objections(List<AccountEvent> told) =>
        [.. told.OfType<AccountEvent.RealmObjects>()];
}
