using System.Net;
using KeyRecovery.Api.Hosting;
using KeyRecovery.Api.Stores;
using KeyRecovery.Api.Tests.Support;
using KeyRecovery.Protocol.Realms;
using KeyRecovery.Testing.Realms;

namespace KeyRecovery.Api.Tests.Realms;

/// <summary>Whoever guesses gets as many guesses as the policy says, whatever he tries.</summary>
public sealed class CountingTests(RealmFixture fixture) : IClassFixture<RealmFixture>
{
    [Fact]
    public async Task The_right_passphrase_gives_the_key_with_a_proof_and_all_guesses_back()
    {
        var client = await fixture.ConnectAsync();
        using var slot = await RealmFixture.RegisteredAsync(client);
        var guess = slot.Guess("right");
        var answer = await client.GuessAsync(guess);
        Assert.Equal((RealmSlotState.Fresh, 9, 0L), (answer.Status!.State, answer.GuessesLeft, answer.NextAttemptInMs));
        Assert.True(guess.Oprf.Verify(slot.Key.ShareKeys[0], answer.Status.Evaluation!));
        using var output = guess.Oprf.Finalize([(1, answer.Status.Evaluation!.Evaluated)]);
        using var direct = slot.Key.Evaluate("right"u8);
        Assert.Equal(direct.Span, output.Span);

        var reset = await client.ResetAsync(slot, guess.Attempt);
        Assert.Equal((RealmSlotState.Fresh, 10, 1ul), (reset.Status!.State, reset.GuessesLeft, reset.Status.Round));
        Assert.Null(reset.Status.Evaluation);
        Assert.Empty(reset.Status.Events);
    }

    [Fact]
    public async Task Of_a_thousand_wrong_guesses_at_once_ten_are_evaluated_and_then_the_share_is_destroyed()
    {
        await using var host = await TestHost.StartAsync(RealmFixture.Settings);
        var subject = Guid.NewGuid().ToString("N");
        var client = await RealmFixture.ConnectAsync(host, subject: subject);
        using var slot = await RealmFixture.RegisteredAsync(client);
        var guesses = Enumerable.Range(0, 1000).Select(i => slot.Guess($"wrong {i}")).ToList();
        var answers = await Task.WhenAll(guesses.Select(guess => Task.Run(() => client.GuessAsync(guess))));

        Assert.Equal(10, answers.Count(a => a.Status?.Evaluation is not null));
        Assert.Equal(990, answers.Count(a => (a.Code, a.Slug, a.Status) == (HttpStatusCode.Gone, "slot-locked", null)));
        Assert.Equal(
            Enumerable.Range(0, 10), answers.Where(a => a.Status is not null).Select(a => a.GuessesLeft).Order());
        Assert.All(
            answers.Where(a => a.Status is null), a => Assert.Equal((0, 0L), (a.GuessesLeft, a.NextAttemptInMs)));

        var status = (await client.StatusAsync(slot)).Status!;
        Assert.Equal(RealmSlotState.Destroyed, status.State);
        Assert.Equal(
            [RealmEventKind.Registered, .. Enumerable.Repeat(RealmEventKind.Attempt, 10), RealmEventKind.Destroyed,
                RealmEventKind.Refused],
            status.Events.Select(e => e.Kind));
        Assert.Equal("slot-exists", (await client.RegisterAsync(slot)).Slug);

        // The operator hears of it once, and of whom it was not at all.
        var line = Assert.Single(
            host.ReadLog().Split('\n'), l => l.Contains("\"ShareDestroyed\"", StringComparison.Ordinal));
        Assert.Contains("\"@l\":\"Warning\"", line, StringComparison.Ordinal);
        Assert.DoesNotContain(subject, line, StringComparison.Ordinal);
        Assert.DoesNotContain(slot.Id.ToString(), line, StringComparison.Ordinal);
    }

    [Fact]
    public async Task The_same_attempt_is_counted_once_however_often_it_comes()
    {
        var client = await fixture.ConnectAsync();
        using var slot = await RealmFixture.RegisteredAsync(client);
        var guess = slot.Guess("right");
        var answers = await Task.WhenAll(Enumerable.Range(0, 50).Select(_ => Task.Run(() => client.GuessAsync(guess))));
        Assert.All(answers, answer =>
        {
            Assert.Equal(9, answer.GuessesLeft);
            Assert.True(guess.Oprf.Verify(slot.Key.ShareKeys[0], answer.Status!.Evaluation!));
        });
        Assert.Equal(9, (await client.StatusAsync(slot)).GuessesLeft);
    }

    [Fact]
    public async Task The_same_attempt_with_another_element_is_refused_and_not_evaluated()
    {
        var client = await fixture.ConnectAsync();
        using var slot = await RealmFixture.RegisteredAsync(client);
        var guess = slot.Guess("one");
        await client.GuessAsync(guess);
        var other = new TestGuess(guess.Request with { Blinded = slot.Guess("two").Request.Blinded }, guess.Oprf);
        var refused = await client.GuessAsync(other);
        Assert.Equal(
            (HttpStatusCode.UnprocessableEntity, "refused", "attempt"), (refused.Code, refused.Slug, refused.Field));
        Assert.Equal(9, (await client.StatusAsync(slot)).GuessesLeft);
    }

    [Fact]
    public async Task A_recorded_reset_refills_nothing_also_with_its_attempt_replayed()
    {
        var client = await fixture.ConnectAsync();
        using var slot = await RealmFixture.RegisteredAsync(client);
        var recorded = new List<TestGuess>();
        for (var i = 0; i < 2; i++)
        {
            recorded.Add(slot.Guess("right"));
            await client.GuessAsync(recorded[^1]);
            Assert.Equal(10, (await client.ResetAsync(slot, recorded[^1].Attempt, round: (ulong)i)).GuessesLeft);
        }

        // Its attempt is counted like any other, and what was recorded gives nothing back.
        Assert.Equal(9, (await client.GuessAsync(recorded[0])).GuessesLeft);
        Assert.Equal("attempt", (await client.ResetAsync(slot, recorded[0].Attempt, round: 0)).Field);
        Assert.Equal(8, (await client.GuessAsync(recorded[1])).GuessesLeft);
        Assert.Equal(8, (await client.ResetAsync(slot, recorded[1].Attempt, round: 1)).GuessesLeft);
        for (var left = 7; left >= 0; left--)
        {
            Assert.Equal(left, (await client.GuessAsync(slot)).GuessesLeft);
            Assert.Equal("attempt", (await client.ResetAsync(slot, recorded[0].Attempt, round: 0)).Field);
            Assert.Equal(left, (await client.ResetAsync(slot, recorded[1].Attempt, round: 1)).GuessesLeft);
        }
    }

    [Fact]
    public async Task A_right_guess_beside_the_last_wrong_one_ends_one_way_or_the_other()
    {
        for (var round = 0; round < 10; round++)
        {
            // A user registers eight times a day.
            var client = await fixture.ConnectAsync();
            using var slot = await RealmFixture.RegisteredAsync(client);
            for (var i = 0; i < 9; i++) await client.GuessAsync(slot);
            var right = slot.Guess("right");
            var both = await Task.WhenAll(client.GuessAsync(right), client.GuessAsync(slot));
            Assert.Equal(["ok", "slot-locked"], both.Select(a => a.Slug).Order());
            var reset = await client.ResetAsync(slot, right.Attempt);
            // The share is gone either way: the one that came last found no guess left.
            Assert.Equal("slot-locked", reset.Slug);
            Assert.Equal("slot-locked", (await client.GuessAsync(slot)).Slug);
        }
    }

    [Fact]
    public async Task Registering_again_gives_no_guess_back()
    {
        var client = await fixture.ConnectAsync();
        using var slot = await RealmFixture.RegisteredAsync(client);
        for (var i = 0; i < 3; i++) await client.GuessAsync(slot);
        var same = await client.RegisterAsync(slot);
        Assert.Equal((7, RealmSlotState.Fresh), (same.GuessesLeft, same.Status!.State));
        using var other = new TestRealmSlot(SystemRandom.Instance) { Id = slot.Id };
        Assert.Equal((HttpStatusCode.Conflict, "slot-exists"), (await client.RegisterAsync(other)) is var a
            ? (a.Code, a.Slug) : default);
        Assert.Equal(6, (await client.GuessAsync(slot)).GuessesLeft);
    }

    [Fact]
    public async Task A_paused_slot_evaluates_nothing_and_counts_nothing()
    {
        var client = await fixture.ConnectAsync();
        using var slot = await RealmFixture.RegisteredAsync(client);
        Assert.Equal(RealmSlotState.Paused, (await client.CommandAsync(slot, RealmAction.Pause)).Status!.State);
        var refused = await client.GuessAsync(slot);
        Assert.Equal((HttpStatusCode.Forbidden, "slot-paused", 10, 0L),
            (refused.Code, refused.Slug, refused.GuessesLeft, refused.NextAttemptInMs));
        await client.CommandAsync(slot, RealmAction.Resume, 1);
        Assert.Equal(9, (await client.GuessAsync(slot)).GuessesLeft);
    }
}
