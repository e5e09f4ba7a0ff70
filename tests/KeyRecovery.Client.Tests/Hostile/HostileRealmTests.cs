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
        // The mad one is heard first.
        var (mad, heard) = (0, new TaskCompletionSource());
        laptop.Relay.BeforeAsync = request =>
            request.RequestUri!.AbsolutePath == "/v1/realm/evaluate" && !Is(request, "/evaluate")
                ? heard.Task : Task.CompletedTask;
        laptop.Relay.OnRequest = (request, _) =>
        {
            if (!Is(request, "/evaluate")) return null;
            Interlocked.Increment(ref mad);
            heard.TrySetResult();
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
        // Once more, since one that is in trouble may have counted it.
        Assert.InRange(mad, 1, 2);
        // What was counted at the honest ones was given back.
        Assert.All(
            TestDevice.Value(await world.Vault.Passphrase.StatusAsync()), realm => Assert.Equal(10, realm.GuessesLeft));
        // Control: a wrong one is told, and counted there.
        var wrong = TestDevice.Failure(await world.GuessAsync(laptop, "wrong horse battery staple"));
        Assert.IsType<ClientFailure.WrongPassphrase>(wrong);
        Assert.Equal(
            [9, 9, 10],
            TestDevice.Value(await world.Vault.Passphrase.StatusAsync()).Select(realm => realm.GuessesLeft).Order());
    }

    [Fact]
    public async Task F19_a_realm_that_dribbles_costs_a_recovery_neither_time_nor_a_guess()
    {
        using var world = await PassphraseWorld.CreateAsync(fixture, [0, 1, 2]);
        var ended = 0;
        await using var slow = new RawServer(async (_, stream, ct) =>
        {
            try
            {
                await stream.WriteAsync("HTTP/1.1 200 OK\r\nContent-Length: 100000\r\n\r\n"u8.ToArray(), ct);
                for (; ; await Task.Delay(50, ct)) await stream.WriteAsync(new byte[1], ct);
            }
            finally
            {
                Interlocked.Increment(ref ended);
            }
        });
        using var laptop = Device(world, pin => pin with { Server = slow.Address });

        using var session = TestDevice.Value(await world.GuessAsync(laptop, PassphraseWorld.Right));
        Assert.Equal(1, TestDevice.Value(await session.CheckItemsAsync()));

        // It is still at it: nobody has waited for it, nor given it up.
        Assert.Equal((1, 0), (slow.Heads.Count, ended));
        Assert.All(
            TestDevice.Value(await world.Vault.Passphrase.StatusAsync()), realm => Assert.Equal(10, realm.GuessesLeft));
    }

    [Fact]
    public async Task F19_a_guess_that_a_realm_counts_long_after_the_recovery_is_given_back_there_too()
    {
        using var world = await PassphraseWorld.CreateAsync(fixture, [0, 1, 2]);
        using var laptop = world.NewDevice();
        var arrive = new TaskCompletionSource();
        laptop.Relay.BeforeAsync = request => Is(request, "/evaluate") ? arrive.Task : Task.CompletedTask;
        using var cancel = new CancellationTokenSource();
        using var passphrase = RealmsFixture.Of(PassphraseWorld.Right);

        using var session = TestDevice.Value(await laptop.Client.BeginPassphraseRecoveryAsync(
            passphrase, await world.TokenAsync(), ct: cancel.Token));
        // The caller's own patience was for the call, which is done.
        await cancel.CancelAsync();
        Assert.Equal([Registered], (await EventsAsync(world))[..1]);
        arrive.SetResult();

        await AssertGivenBackAsync(world);
    }

    [Fact]
    public async Task F17_a_guess_that_was_counted_where_the_answer_was_lost_is_given_back_there_too()
    {
        using var world = await PassphraseWorld.CreateAsync(fixture, [0, 1, 2]);
        using var laptop = world.NewDevice();
        var lost = 0;
        laptop.Relay.OnAnswer = (request, body) => Is(request, "/evaluate") && Interlocked.Increment(ref lost) == 1
            ? throw new HttpRequestException("the answer is lost") : body;

        using var session = TestDevice.Value(await world.GuessAsync(laptop, PassphraseWorld.Right));

        await AssertGivenBackAsync(world);
        Assert.Equal(2, lost);
    }

    [Fact]
    public async Task F17_an_app_whose_token_for_one_realm_is_at_fault_loses_that_realm_and_nothing_else()
    {
        using var world = await PassphraseWorld.CreateAsync(fixture, [0, 1, 2]);
        using var broken = Device(world, pin => pin with { Token = _ => throw new InvalidOperationException("a bug") });
        using (TestDevice.Value(await world.GuessAsync(broken, PassphraseWorld.Right))) { }
        using var endless = Device(world, pin => pin with
        {
            Token = async ct =>
            {
                await Task.Delay(Timeout.Infinite, ct);
                return "";
            },
        });
        using (TestDevice.Value(await world.GuessAsync(endless, PassphraseWorld.Right))) { }
        Assert.All(
            TestDevice.Value(await world.Vault.Passphrase.StatusAsync()), realm => Assert.Equal(10, realm.GuessesLeft));
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
                        Token = _ => ValueTask.FromResult("rogues.token"),
                    },
                ]),
            ],
            Attempts = 1,
        });
        phone.Relay.OnRequest = rogue.Answer;
        using var vault = await phone.CreateAsync(await fixture.Home.TokenAsync(subject), null);
        using var passphrase = RealmsFixture.Of(PassphraseWorld.Right);
        TestDevice.Value(await vault.Passphrase.SetAsync(passphrase, await fixture.SetAsync(subject, 1)));

        rogue.Status = honest => honest with
        {
            NextAttemptInMs = most, Events = [new RealmEvent(most, RealmEventKind.Attempt)],
        };
        var told = Assert.Single(TestDevice.Value(await vault.Passphrase.StatusAsync()));
        Assert.Equal(ToldTime.LongestWait, told.NextAttemptIn);
        Assert.Equal(9999, ToldTime.At(Assert.Single(told.Events).At).Year);
        rogue.Lie = (realm, _, honest) => realm.Sign(honest with { NextAttemptInMs = most });
        using var wrong = RealmsFixture.Of("wrong horse battery staple");
        var failure = TestDevice.Failure(await phone.Client.BeginPassphraseRecoveryAsync(
            wrong, await fixture.Home.TokenAsync(subject)));
        Assert.Equal(ToldTime.LongestWait, Assert.IsType<ClientFailure.WrongPassphrase>(failure).NextAttemptIn);
    }

    private const RealmEventKind Registered = RealmEventKind.Registered;

    private bool Is(HttpRequestMessage request, string route) =>
        request.RequestUri!.Authority == fixture.Servers[2].Address.Authority
        && request.RequestUri.AbsolutePath.EndsWith(route, StringComparison.Ordinal);

    // A machine of the same user, to whose app the third realm is something else.
    private TestDevice Device(PassphraseWorld world, Func<PinnedRealm, PinnedRealm> third)
    {
        var pins = fixture.Pins(world.Subject, 0, 1, 2);
        return new TestDevice(fixture.Home.Address, "demo", options => options with
        {
            RealmGenerations = [pins with { Realms = pins.Realms.SetItem(2, third(pins.Realms[2])) }], Attempts = 1,
        });
    }

    private static async Task<RealmEventKind[]> EventsAsync(PassphraseWorld world) =>
    [
        .. TestDevice.Value(await world.Vault.Passphrase.StatusAsync())
            .Single(s => s.Realm == "realm 2").Events.Select(e => e.Kind),
    ];

    private static async Task AssertGivenBackAsync(PassphraseWorld world)
    {
        // The set-up's own try comes first.
        RealmEventKind[] expected =
        [
            Registered, RealmEventKind.Attempt, RealmEventKind.Reset, RealmEventKind.Attempt, RealmEventKind.Reset,
        ];
        using var limit = new CancellationTokenSource(TimeSpan.FromSeconds(30));
        while (!(await EventsAsync(world)).SequenceEqual(expected)) await Task.Delay(100, limit.Token);
        Assert.All(
            TestDevice.Value(await world.Vault.Passphrase.StatusAsync()), realm => Assert.Equal(10, realm.GuessesLeft));
    }
}
