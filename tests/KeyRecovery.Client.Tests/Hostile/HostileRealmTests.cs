using System.Net;
using System.Text;
using KeyRecovery.Client.Tests.Passphrases;
using KeyRecovery.Protocol.Realms;
using KeyRecovery.Protocol.Wire;
using KeyRecovery.Testing.Hosting;

namespace KeyRecovery.Client.Tests.Hostile;

/// <summary>
/// F17, F18: numbers of one realm of three, in what it refuses and in what it signs: they cost neither the recovery nor
/// a guess at the others.
/// </summary>
[Collection(RealmTests.Name)]
public sealed class HostileRealmTests(RealmsFixture fixture)
{
    [Theory]
    [InlineData("\"retryAfterMs\":9223372036854775807", 503)]
    [InlineData("\"retryAfterMs\":-9223372036854775808", 503)]
    [InlineData("\"retryAfterMs\":1e400", 503)]
    [InlineData("\"retryAfterMs\":\"soon\"", 429)]
    [InlineData("\"nextAttemptInMs\":9223372036854775807,\"guessesLeft\":-2147483648", 429)]
    [InlineData("\"guessesLeft\":2147483648", 429)]
    public async Task F17_a_realm_with_mad_numbers_costs_neither_the_recovery_nor_a_guess(string numbers, int status)
    {
        using var world = await PassphraseWorld.CreateAsync(fixture, [0, 1, 2]);
        using var laptop = world.NewDevice();
        var mad = 0;
        laptop.Relay.OnRequest = (request, _) =>
        {
            if (request.RequestUri!.Authority != fixture.Servers[2].Address.Authority
                || !request.RequestUri.AbsolutePath.EndsWith("/evaluate", StringComparison.Ordinal)) return null;
            Interlocked.Increment(ref mad);
            var type = status == 503 ? ProblemTypes.Unavailable : ProblemTypes.GuessWait;
            return new HttpResponseMessage((HttpStatusCode)status)
            {
                Content = new StringContent(
                    $$"""{"type":"{{ProblemTypes.Prefix}}{{type}}","title":"wait",{{numbers}}}""", Encoding.UTF8,
                    "application/problem+json"),
                Headers = { { "Retry-After", "2147483647" } },
            };
        };

        using (var session = TestDevice.Value(await world.GuessAsync(laptop, PassphraseWorld.Right)))
            Assert.Equal(1, TestDevice.Value(await session.CheckItemsAsync()));
        Assert.Equal(1, mad);
        // What was counted at the honest ones was given back.
        Assert.All(await world.Vault.Passphrase.StatusAsync(), realm => Assert.Equal(10, realm.GuessesLeft));
        // Control: a wrong one is told, and counted there.
        var wrong = TestDevice.Failure(await world.GuessAsync(laptop, "wrong horse battery staple"));
        Assert.IsType<ClientFailure.WrongPassphrase>(wrong);
        Assert.Equal(
            [9, 9, 10], (await world.Vault.Passphrase.StatusAsync()).Select(realm => realm.GuessesLeft).Order());
    }

    [Fact]
    public async Task F18_signed_numbers_at_their_caps_are_bounded_times()
    {
        using var rogue = new RogueRealm();
        var (subject, most) = ($"user-{Guid.NewGuid():N}", CborOut.MaxInteger);
        using var phone = new TestDevice(fixture.Home.Address, "demo", options => options with
        {
            RealmGenerations =
            [
                new([
                    new PinnedRealm
                    {
                        Name = "rogue", Server = RogueRealm.Address, Fingerprint = rogue.Identity.ToString(),
                        Token = _ => ValueTask.FromResult("rogue's token"),
                    },
                ]),
            ],
            Attempts = 1,
        });
        phone.Relay.OnRequest = rogue.Answer;
        using var vault = await phone.CreateAsync(await fixture.Home.TokenAsync(subject), null);
        using var passphrase = RealmsFixture.Of(PassphraseWorld.Right);
        Assert.Null(await vault.Passphrase.SetAsync(passphrase, await fixture.SetAsync(subject, 1)));

        rogue.Status = honest => honest with
        {
            NextAttemptInMs = most, Events = [new RealmEvent(most, RealmEventKind.Attempt)],
        };
        var told = Assert.Single(await vault.Passphrase.StatusAsync());
        Assert.Equal(ToldTime.LongestWait, told.NextAttemptIn);
        Assert.Equal(9999, ToldTime.At(Assert.Single(told.Events).At).Year);
        rogue.Lie = (realm, _, honest) => realm.Sign(honest with { NextAttemptInMs = most });
        using var wrong = RealmsFixture.Of("wrong horse battery staple");
        var failure = TestDevice.Failure(await phone.Client.BeginPassphraseRecoveryAsync(
            wrong, await fixture.Home.TokenAsync(subject)));
        Assert.Equal(ToldTime.LongestWait, Assert.IsType<ClientFailure.WrongPassphrase>(failure).NextAttemptIn);
    }
}
