using KeyRecovery.Protocol.Realms;
using KeyRecovery.Protocol.Vault;
using KeyRecovery.Protocol.Wire;
using KeyRecovery.Service.Errors;
using KeyRecovery.Service.Keys;
using KeyRecovery.Service.Maintenance;
using KeyRecovery.Service.Realms;
using KeyRecovery.Testing;
using KeyRecovery.Testing.Realms;
using KeyRecovery.Testing.Stores;

namespace KeyRecovery.Service.Tests.Steps;

/// <summary>
/// What a realm does, cut, unanswered or frozen at each step: guesses are counted exactly, and a share is there or
/// named by nobody.
/// </summary>
[Trait("Category", "Rounds")]
public sealed class RealmStepTests
{
    [Theory]
    [MemberData(nameof(StepFates.EachOfShort), MemberType = typeof(StepFates))]
    public async Task A_registration_at_each_step_and_then_the_same_again(StepFate fate) => await AtEachStepAsync(
        fate, 2,
        person => new TestRealmSlot(person.World.Random, TestAccount.DefaultApp),
        (person, slot) => person.RegisterAsync(person.World.Server.Service.Realm, slot),
        (person, slot) => person.RegisterAsync(person.World.Server.Other.Realm, slot),
        async (person, slot) =>
        {
            // The body is sealed anew, the registration is the same.
            Assert.IsType<Outcome<byte[]>.Done>(await person.RegisterAsync(person.World.Server.Service.Realm, slot));
            Assert.NotNull(await person.SlotAsync(slot));
        });

    [Theory]
    [MemberData(nameof(StepFates.EachOfShort), MemberType = typeof(StepFates))]
    public async Task A_guess_at_each_step_and_then_the_same_again_is_counted_once(StepFate fate) =>
    await AtEachStepAsync(
        fate, 1,
        person => person.Share.Guess(),
        (person, guess) => GuessAsync(person, person.World.Server.Service.Realm, guess),
        (person, guess) => GuessAsync(person, person.World.Server.Other.Realm, guess),
        async (person, guess) =>
        {
            Assert.IsType<Outcome<byte[]>.Done>(await GuessAsync(person, person.World.Server.Service.Realm, guess));
            Assert.Equal(1, (await person.SlotAsync())!.Attempts.Count);
            Assert.IsType<Outcome<byte[]>.Done>(
                await GuessAsync(person, person.World.Server.Service.Realm, person.Share.Guess()));
            Assert.Equal(2, (await person.SlotAsync())!.Attempts.Count);
        });

    [Theory]
    [MemberData(nameof(StepFates.EachOfShort), MemberType = typeof(StepFates))]
    public async Task A_reset_at_each_step_and_then_the_same_again_gives_the_guesses_back_once(StepFate fate)
    {
        await using var world = await StepWorld.OpenAsync();
        await world.AtEachStepAsync(fate, 1, async round =>
        {
            var person = await StepPerson.NewAsync(world);
            var guess = person.Share.Guess();
            Assert.IsType<Outcome<byte[]>.Done>(await GuessAsync(person, world.Server.Service.Realm, guess));
            Task<Outcome<byte[]>> ResetAsync(Realm realm) => realm.ResetAsync(
                RealmReset.Decode(person.Share.Reset(realm.Identity, guess.Request.Attempt)), default, default)
                .AsTask();
            await round.DoAsync(
                () => ResetAsync(world.Server.Service.Realm), () => ResetAsync(world.Server.Other.Realm));
            Assert.IsType<Outcome<byte[]>.Done>(await ResetAsync(world.Server.Service.Realm));
            Assert.Equal((0, 1ul), (await person.SlotAsync() is var row ? (row!.Attempts.Count, row.Round) : default));
            await world.SoundAsync(orphans: true);
        });
    }

    [Theory]
    [MemberData(nameof(StepFates.EachOfShort), MemberType = typeof(StepFates))]
    public async Task A_rotation_at_each_step_while_guesses_go_on_loses_no_share_and_no_guess(StepFate fate)
    {
        await using var world = await StepWorld.OpenAsync();
        StepPerson[] people = [await StepPerson.NewAsync(world), await StepPerson.NewAsync(world)];
        await world.AtEachStepAsync(fate, 4, async round =>
        {
            foreach (var person in people) await GivenBackAsync(person);
            await round.DoAsync(
                () => world.Server.Service.Rotation.RunAsync(begin: true, null, default),
                () => GuessAsync(people[0], world.Server.Other.Realm, people[0].Share.Guess()));
            if (round.IsStruck) await world.Server.Service.Rotation.RunAsync(begin: false, null, default);
            foreach (var person in people)
            {
                Assert.IsType<Outcome<byte[]>.Done>(
                    await GuessAsync(person, world.Server.Service.Realm, person.Share.Guess()));
                await person.Own.ReadsAsync(person.Own.Account.Now);
            }

            await world.SoundAsync(orphans: true);
        });
    }

    [Fact]
    public async Task A_registration_that_is_frozen_while_another_KEK_becomes_current_moves_its_share_on()
    {
        await using var world = await StepWorld.OpenAsync();
        var ring = world.Server.Ring;
        await world.AtEachStepAsync(StepFate.Frozen, 2, async round =>
        {
            var person = await StepPerson.NewAsync(world);
            using var slot = new TestRealmSlot(world.Random, TestAccount.DefaultApp);
            var answer = await round.DoAsync(
                () => person.RegisterAsync(world.Server.Other.Realm, slot),
                async () =>
                {
                    Assert.IsType<RingResult.Done>(await ring.AddNextAsync(default));
                    Assert.IsType<RingResult.Done>(await ring.PromoteAsync(default));
                });
            Assert.IsType<Outcome<byte[]>.Done>(answer);
            // It was sealed under the KEK of before, which a pass that began before may not find on it.
            Assert.Equal(ring.Current.Id, (await person.SlotAsync(slot))!.Kek);
            await world.Server.Service.Rotation.RunAsync(begin: false, null, default);
            Assert.IsType<Outcome<byte[]>.Done>(await GuessAsync(person, world.Server.Service.Realm, slot.Guess()));
            await world.SweptAsync();
        });
    }

    private static async Task<Outcome<byte[]>> GuessAsync(StepPerson person, Realm realm, TestGuess guess) =>
        await realm.EvaluateAsync(person.User, guess.Request, Hash256.Of(guess.Body), default);

    // All guesses there again: whoever owns the share may say so after any of them.
    private static async Task GivenBackAsync(StepPerson person)
    {
        var (realm, guess) = (person.World.Server.Service.Realm, person.Share.Guess());
        Assert.IsType<Outcome<byte[]>.Done>(await GuessAsync(person, realm, guess));
        var round = (await person.SlotAsync())!.Round;
        Assert.IsType<Outcome<byte[]>.Done>(await realm.ResetAsync(
            RealmReset.Decode(person.Share.Reset(realm.Identity, guess.Request.Attempt, round: round)),
            default, default));
    }

    private static async Task AtEachStepAsync<T>(
        StepFate fate, int least, Func<StepPerson, T> prepare, Func<StepPerson, T, Task<Outcome<byte[]>>> act,
        Func<StepPerson, T, Task<Outcome<byte[]>>> meanwhile, Func<StepPerson, T, Task> then)
    {
        await using var world = await StepWorld.OpenAsync();
        await world.AtEachStepAsync(fate, least, async round =>
        {
            var person = await StepPerson.NewAsync(world);
            var prepared = prepare(person);
            await round.DoAsync(() => act(person, prepared), () => meanwhile(person, prepared));
            await then(person, prepared);
            await world.SoundAsync(orphans: true);
        });
    }
}
