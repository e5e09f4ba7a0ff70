using KeyRecovery.Protocol.Oprf;
using KeyRecovery.Protocol.Passphrases;
using KeyRecovery.Protocol.Realms;
using KeyRecovery.Protocol.Wire;
using KeyRecovery.Testing.Hosting;

namespace KeyRecovery.Client.Tests.Passphrases;

/// <summary>
/// F08: which realms a passphrase may have is the app's own word. A home server can neither name itself nor have more
/// counted than one guess, and its token goes to nobody else.
/// </summary>
[Collection(RealmTests.Name)]
public sealed class PinnedRealmTests(RealmsFixture fixture)
{
    [Fact]
    public async Task F08_a_home_that_answers_32_slots_of_itself_gets_no_guess_and_no_realm_the_homes_token()
    {
        using var world = await PassphraseWorld.CreateAsync(fixture, [1, 2]);
        using var laptop = world.NewDevice();
        using var forged = new ForgedHome(world.Vault) { Slots = 32 };
        var heard = Listen(laptop, forged);

        Assert.IsType<ClientFailure.UnknownRealm>(
            TestDevice.Failure(await world.GuessAsync(laptop, PassphraseWorld.Right)));

        Assert.Equal(0, forged.Guesses);
        Assert.DoesNotContain(heard, h => h.Path.StartsWith("/v1/realm", StringComparison.Ordinal));
        Assert.All(TestDevice.Value(await world.Vault.Passphrase.StatusAsync()), s => Assert.Equal(10, s.GuessesLeft));
        // The control: an honest home, and the same device recovers. What the realms see is a token of their own.
        laptop.Relay.OnAnswer = null;
        using var session = TestDevice.Value(await world.GuessAsync(laptop, PassphraseWorld.Right));
        var home = await world.TokenAsync();
        Assert.Equal(2, heard.Count(h => h.Path == "/v1/realm/evaluate"));
        Assert.All(heard.Where(h => h.Path == "/v1/realm/evaluate"), h => Assert.NotNull(h.Token));
        Assert.DoesNotContain(heard, h => h.Token == home && h.Authority != fixture.Home.Address.Authority);
    }

    [Theory]
    [InlineData(true, 2)]
    [InlineData(false, 1)]
    public async Task F08_slots_without_end_at_the_pinned_realms_are_two_guesses_with_different_ids_at_most(
        bool hasManyIds, int guesses)
    {
        using var world = await PassphraseWorld.CreateAsync(fixture, [1, 2]);
        using var laptop = world.NewDevice();
        using var shares = OprfKeyShares.Split(2, 2, SystemRandom.Instance);
        using var forged = new ForgedHome(world.Vault)
        {
            Slots = 32, HasManyIds = hasManyIds,
            Parameters = PassphraseParameters.Create(
                StretchProfile.Mobile, 2,
                [.. new[] { 1, 2 }.Select((realm, i) => new RealmShare(Fingerprint(realm), shares.ShareKeys[i]))]),
        };
        var heard = Listen(laptop, forged);

        TestDevice.Failure(await world.GuessAsync(laptop, PassphraseWorld.Right));

        foreach (var realm in new[] { 1, 2 })
            Assert.Equal(guesses, heard.Count(h => h.Path == "/v1/realm/evaluate"
                && h.Authority == fixture.Servers[realm].Address.Authority));
        Assert.All(TestDevice.Value(await world.Vault.Passphrase.StatusAsync()), s => Assert.Equal(9, s.GuessesLeft));
        Assert.DoesNotContain(heard, h => h.IsSigned || h.Path == "/v1/realm/reset");
    }

    [Theory]
    [InlineData(new[] { 1 }, 1)]
    [InlineData(new[] { 0, 1, 2 }, 2)]
    [InlineData(new[] { 1, 2 }, 2)]
    public async Task F08_fewer_or_other_realms_than_a_generation_and_a_threshold_below_its_minimum_get_no_guess(
        int[] realms, int threshold)
    {
        using var world = await PassphraseWorld.CreateAsync(fixture, [0, 1]);
        using var shares = OprfKeyShares.Split(realms.Length, threshold, SystemRandom.Instance);
        using var forged = new ForgedHome(world.Vault)
        {
            Parameters = PassphraseParameters.Create(StretchProfile.Mobile, threshold,
                [.. realms.Select((realm, i) => new RealmShare(Fingerprint(realm), shares.ShareKeys[i]))]),
        };
        using var laptop = Device(
            fixture.Pins(world.Subject, 0, 1), fixture.Pins(world.Subject, 0, 1, 2) with { MinimumThreshold = 3 });
        var heard = Listen(laptop, forged);

        Assert.IsType<ClientFailure.UnknownRealm>(
            TestDevice.Failure(await world.GuessAsync(laptop, PassphraseWorld.Right)));
        Assert.DoesNotContain(heard, h => h.Path.StartsWith("/v1/realm", StringComparison.Ordinal));
    }

    [Fact]
    public async Task F08_an_older_generation_recovers_and_its_devices_hear_that_it_is_outdated_until_it_is_set_anew()
    {
        using var world = await PassphraseWorld.CreateAsync(fixture, [0, 1]);
        Assert.False(world.Vault.PassphraseOutdated);
        var (old, now) = (fixture.Pins(world.Subject, 0, 1), fixture.Pins(world.Subject, 0, 1, 2));
        using var updated = new KeyRecoveryClient(
            new KeyRecoveryOptions { Server = fixture.Home.Address, App = "demo", RealmGenerations = [now, old] },
            world.Phone.Store);
        using var vault = TestDevice.Value(await updated.OpenAsync());
        Assert.True(vault.PassphraseOutdated);
        using (var laptop = Device(now, old))
        using (TestDevice.Value(await world.GuessAsync(laptop, PassphraseWorld.Right))) { }

        using var passphrase = RealmsFixture.Of(PassphraseWorld.Right);
        TestDevice.Value(await vault.Passphrase.SetAsync(passphrase, await fixture.SetAsync(world.Subject)));

        Assert.False(vault.PassphraseOutdated);
        using var later = Device(now);
        using var session = TestDevice.Value(await world.GuessAsync(later, PassphraseWorld.Right));
    }

    [Fact]
    public async Task F08_a_generation_that_the_app_dropped_gets_no_guess()
    {
        using var world = await PassphraseWorld.CreateAsync(fixture, [0, 1]);
        using var laptop = Device(fixture.Pins(world.Subject, 0, 1, 2));

        Assert.IsType<ClientFailure.UnknownRealm>(
            TestDevice.Failure(await world.GuessAsync(laptop, PassphraseWorld.Right)));
        Assert.All(TestDevice.Value(await world.Vault.Passphrase.StatusAsync()), s => Assert.Equal(10, s.GuessesLeft));
    }

    [Theory]
    [InlineData(true)]
    [InlineData(false)]
    public async Task F08_with_the_token_of_another_account_or_of_none_nothing_is_registered(bool hasAccount)
    {
        using var world = await PassphraseWorld.CreateAsync(fixture, [0, 1]);
        var other = $"user-{Guid.NewGuid():N}";
        using var theirs = fixture.Device(other);
        if (hasAccount) (await theirs.CreateAsync(await fixture.Home.TokenAsync(other), null)).Dispose();
        var heard = Listen(world.Phone);
        using var passphrase = RealmsFixture.Of("another horse battery staple");

        var failure = TestDevice.Failure(
            await world.Vault.Passphrase.SetAsync(passphrase, await fixture.SetAsync(other)));

        Assert.IsType<ClientFailure.TokenOfAnother>(failure);
        Assert.Equal(["/v1/recovery/slots"], heard.Select(h => h.Path));
    }

    [Theory]
    [InlineData(0, null)]
    [InlineData(1, 2)]
    [InlineData(2, 1)]
    [InlineData(9, null)]
    public void Generations_that_break_their_rules_are_the_apps_own_fault(int realms, int? minimum)
    {
        var generation = new RealmGeneration(
        [
            .. Enumerable.Range(0, realms).Select(i => new PinnedRealm
            {
                Name = $"realm {i}", Server = RogueRealm.Address, Fingerprint = Hash256.Of([(byte)i]).ToString(),
                Token = _ => ValueTask.FromResult("token"),
            }),
        ]) { MinimumThreshold = minimum };
        Assert.Throws<ArgumentException>(() => Device(generation));
        if (realms != 2) return;
        // The control, and one realm twice.
        Device(generation with { MinimumThreshold = 2 }).Dispose();
        Assert.Throws<ArgumentException>(
            () => Device(new RealmGeneration([generation.Realms[0], generation.Realms[0]])));
    }

    private Hash256 Fingerprint(int realm) =>
        Hash256.TryParse(fixture.Fingerprints[realm], out var fingerprint)
            ? fingerprint : throw new InvalidOperationException();

    private TestDevice Device(params RealmGeneration[] generations) => new(
        fixture.Home.Address, "demo", o => o with { RealmGenerations = [.. generations], Attempts = 1 });

    private static List<(string Authority, string Path, string? Token, bool IsSigned)> Listen(
        TestDevice device, ForgedHome? forged = null)
    {
        var heard = new List<(string Authority, string Path, string? Token, bool IsSigned)>();
        device.Relay.OnRequest = (request, body) =>
        {
            lock (heard)
                heard.Add((request.RequestUri!.Authority, request.RequestUri.AbsolutePath,
                    request.Headers.Authorization?.Parameter, request.Headers.Contains("Signature")));
            return request.RequestUri.Authority == device.Server.Authority ? forged?.Answer(request, body) : null;
        };
        if (forged is not null) device.Relay.OnAnswer = forged.Change;
        return heard;
    }
}
