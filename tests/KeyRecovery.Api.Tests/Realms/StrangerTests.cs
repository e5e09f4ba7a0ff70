using System.Net;
using KeyRecovery.Api.Hosting;
using KeyRecovery.Api.Stores;
using KeyRecovery.Api.Tests.Support;
using KeyRecovery.Protocol.Primitives;
using KeyRecovery.Protocol.Realms;
using KeyRecovery.Protocol.Wire;
using KeyRecovery.Testing.Realms;

namespace KeyRecovery.Api.Tests.Realms;

/// <summary>Who has not registered a slot cannot use it, and does not learn that it exists.</summary>
[Collection(GateCounts.Alone)]
public sealed class StrangerTests(RealmFixture fixture) : IClassFixture<RealmFixture>
{
    [Fact]
    public async Task Unknown_foreign_and_locked_slots_are_one_404_at_the_same_cost()
    {
        var owner = await fixture.ConnectAsync(subject: "owner");
        using var slot = await RealmFixture.RegisteredAsync(owner);
        using var locked = await RealmFixture.RegisteredAsync(owner);
        for (var i = 0; i < 11; i++) await owner.GuessAsync(locked);
        Assert.Equal("slot-locked", (await owner.GuessAsync(locked)).Slug);
        using var unknown = new TestRealmSlot(SystemRandom.Instance);
        var cases = new (TestRealmClient Who, TestRealmSlot Slot)[]
        {
            (owner, unknown),
            (await fixture.ConnectAsync(subject: "eve"), slot),
            (await fixture.ConnectAsync(subject: "eve"), locked),
            (await fixture.ConnectAsync(RealmFixture.Waiting, "owner"), slot),
        };

        using var counts = GateCounts.Start();
        foreach (var (who, asked) in cases)
        {
            counts.Reset();
            var answer = await who.GuessAsync(asked);
            Assert.Equal((HttpStatusCode.NotFound, "not-found"), (answer.Code, answer.Slug));
            Assert.Equal(["status", "title", "type"], answer.Problem.EnumerateObject().Select(m => m.Name).Order());
            Assert.Equal((1, 0, 0), counts.All);
        }

        counts.Reset();
        Assert.Equal(9, (await owner.GuessAsync(slot)).GuessesLeft);
        Assert.Equal((1, 1, 0), counts.All);
    }

    [Fact]
    public async Task Resets_of_a_wrong_key_and_for_unknown_slots_are_one_401_of_one_cost()
    {
        var client = await fixture.ConnectAsync();
        using var slot = await RealmFixture.RegisteredAsync(client);
        using var unknown = new TestRealmSlot(SystemRandom.Instance);
        var guess = slot.Guess();
        await client.GuessAsync(guess);

        using var counts = GateCounts.Start();
        foreach (var (asked, by) in new[]
        {
            (slot, slot.Phone.Signing), (slot, unknown.Signing), (unknown, unknown.Signing),
        })
        {
            counts.Reset();
            var answer = await client.ResetAsync(asked, guess.Attempt, by);
            Assert.Equal(
                (HttpStatusCode.Unauthorized, "signature-invalid", null), (answer.Code, answer.Slug, answer.Field));
            Assert.Equal((1, 0, 1), counts.All);
        }

        Assert.Equal(9, (await client.StatusAsync(slot)).GuessesLeft);
    }

    [Fact]
    public async Task Commands_of_a_wrong_key_and_of_an_account_that_is_unknown_are_one_401()
    {
        var client = await fixture.ConnectAsync();
        using var slot = await RealmFixture.RegisteredAsync(client);
        using var unknown = new TestRealmSlot(SystemRandom.Instance);
        foreach (var (asked, by) in new[]
        {
            (slot, slot.Signing), (slot, unknown.Phone.Signing), (unknown, unknown.Phone.Signing),
        })
        {
            foreach (var action in Enum.GetValues<RealmAction>())
            {
                var answer = await client.SendAsync(
                    "command", asked.Id, asked.Command(client.Realm, action, 0, by), client.Token);
                Assert.Equal(
                    (HttpStatusCode.Unauthorized, "signature-invalid", null), (answer.Code, answer.Slug, answer.Field));
            }
        }

        Assert.Equal(10, (await client.StatusAsync(slot)).GuessesLeft);
    }

    [Fact]
    public async Task Without_a_token_that_holds_nothing_is_read()
    {
        var client = await fixture.ConnectAsync();
        using var slot = await RealmFixture.RegisteredAsync(client);
        using var counts = GateCounts.Start();
        Assert.Equal("unauthenticated", (await client.As(null).GuessAsync(slot)).Slug);
        Assert.Equal("token-invalid", (await client.As("a.b.c").GuessAsync(slot)).Slug);
        Assert.Equal("unauthenticated", (await client.As(null).RegisterAsync(slot)).Slug);
        Assert.Equal((0, 0, 0), counts.All);
    }

    [Theory]
    [InlineData("0000000000000000000000000000000000000000000000000000000000000000")]
    [InlineData("edffffffffffffffffffffffffffffffffffffffffffffffffffffffffffff7f")]
    [InlineData("0100000000000000000000000000000000000000000000000000000000000000")]
    [InlineData("ffffffffffffffffffffffffffffffffffffffffffffffffffffffffffffffff")]
    public async Task The_identity_and_what_is_no_element_are_malformed_and_cost_no_guess(string element)
    {
        var client = await fixture.ConnectAsync();
        using var slot = await RealmFixture.RegisteredAsync(client);
        var body = new CborOut().Array(5).Text(Labels.RealmEvaluate).UInt(1)
            .Bytes(slot.Id).Bytes(new byte[16]).Bytes(Convert.FromHexString(element)).ToArray();
        var answer = await client.SendAsync("evaluate", slot.Id, body, client.Token);
        Assert.Equal((HttpStatusCode.BadRequest, "malformed", "blinded"), (answer.Code, answer.Slug, answer.Field));
        Assert.Equal(10, (await client.StatusAsync(slot)).GuessesLeft);
    }

    [Fact]
    public async Task What_is_not_the_format_is_malformed_in_every_route()
    {
        var client = await fixture.ConnectAsync();
        using var slot = await RealmFixture.RegisteredAsync(client);
        foreach (var (verb, field) in new[] {
            ("register", "registration"), ("evaluate", "evaluate"), ("reset", "reset"),
            ("follow", "follow"), ("command", "command"), ("receipt", "receipt"),
        })
        {
            foreach (var body in new byte[][] { [], [0xa0], slot.Guess().Body[..^1], [.. slot.Guess().Body, 0] })
            {
                var answer = await client.SendAsync(verb, slot.Id, body, client.Token);
                Assert.Equal((HttpStatusCode.BadRequest, "malformed", field), (answer.Code, answer.Slug, answer.Field));
            }

            Assert.Equal("unsupported-media-type",
                (await client.SendAsync(verb, slot.Id, slot.Guess().Body, client.Token, "application/json")).Slug);
            // Where links come along, the answer comes while the client still writes, and it may not hear it.
            if (verb is "register" or "follow" or "command") continue;
            Assert.Equal("too-large",
                (await client.SendAsync(verb, slot.Id, new byte[RealmLimits.RequestBytes + 1], client.Token)).Slug);
        }
    }

    [Fact]
    public async Task A_registration_that_another_realm_could_open_and_words_for_another_realm_are_refused()
    {
        var client = await fixture.ConnectAsync();
        using var slot = await RealmFixture.RegisteredAsync(client);
        using var signing = SigningKey.FromSeed(new byte[32]);
        using var kem = KemPrivateKey.FromSeed(new byte[32]);
        var elsewhere = new RealmIdentity(signing.PublicKey, kem.PublicKey);
        using var other = new TestRealmSlot(SystemRandom.Instance);
        var guess = slot.Guess();
        await client.GuessAsync(guess);
        foreach (var (verb, body) in new[]
        {
            ("reset", slot.Reset(elsewhere, guess.Attempt)), ("command", slot.Command(elsewhere, RealmAction.Pause)),
            ("register", other.Registration(elsewhere)),
        })
        {
            var answer = await client.SendAsync(verb, slot.Id, body, client.Token);
            Assert.Equal(
                (HttpStatusCode.UnprocessableEntity, "refused", "realm"), (answer.Code, answer.Slug, answer.Field));
        }

        Assert.Equal(9, (await client.StatusAsync(slot)).GuessesLeft);
    }
}
