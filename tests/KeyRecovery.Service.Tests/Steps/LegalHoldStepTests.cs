using KeyRecovery.Service.Errors;
using KeyRecovery.Service.Operators;
using KeyRecovery.Service.Stores;
using KeyRecovery.Service.Tests.Support;
using KeyRecovery.Testing;
using KeyRecovery.Testing.Stores;

namespace KeyRecovery.Service.Tests.Steps;

/// <summary>
/// A legal hold against an erasure, each cut, unanswered or frozen at each of its steps: one of the two wins, whoever
/// wins is told so, and what was placed is released.
/// </summary>
[Trait("Category", "Rounds")]
public sealed class LegalHoldStepTests
{
    [Theory]
    [InlineData("due")]
    [InlineData("by an operator")]
    public async Task An_erasure_that_is_frozen_at_each_step_never_happens_beside_a_hold_that_is_placed(string asked)
    {
        var (held, erased) = (0, 0);
        await using var world = await StepWorld.OpenAsync();
        await world.AtEachStepAsync(StepFate.Frozen, 3, async round =>
        {
            // What is still to be told of those before would be struck in place of what this round is about.
            await world.Server.LogAsync();
            await world.Server.Service.Restraints.ResumeAsync(default);
            var person = await StepPerson.NewAsync(world);
            var isHeld = false;
            if (asked == "due") await person.RequestAsync(world.Server.Service.Erasures);
            else await world.Server.FileErasuresAsync(person.Own.Subject);
            world.Server.Time.Advance(TimeSpan.FromHours(73));
            await round.DoAsync(
                () => world.Server.Other.Erasures.ResumeAsync(default),
                async () => isHeld = IsHeld(await HoldAsync(person, world.Server.Service)));
            if (isHeld)
            {
                held++;
                Assert.False(await person.IsErasedAsync());
                await world.Server.Service.Erasures.ResumeAsync(default);
                Assert.False(await person.IsErasedAsync());
                Assert.True(IsHeld(await ReleaseAsync(person, world.Server.Service)));
            }
            else erased++;

            await world.Server.Service.Erasures.ResumeAsync(default);
            await person.ErasedAsync();
        });
        Assert.True(held > 0 && erased > 1);
    }

    [Theory]
    [MemberData(nameof(StepFates.EachOfLong), MemberType = typeof(StepFates))]
    public async Task A_hold_at_each_step_holds_once_it_is_taken_up(StepFate fate)
    {
        await using var world = await StepWorld.OpenAsync();
        await world.AtEachStepAsync(fate, 3, async round =>
        {
            var person = await StepPerson.NewAsync(world);
            await round.DoAsync(
                () => HoldAsync(person, world.Server.Other),
                () => world.Server.Service.Restraints.ResumeAsync(default));
            await world.Server.Service.Restraints.ResumeAsync(default);
            Assert.True(IsHeld(await HoldAsync(person, world.Server.Service)));
            await world.Server.FileErasuresAsync(person.Own.Subject);
            await world.Server.Service.Erasures.ResumeAsync(default);
            Assert.False(await person.IsErasedAsync());

            Assert.True(IsHeld(await ReleaseAsync(person, world.Server.Service)));
            await world.Server.Service.Erasures.ResumeAsync(default);
            await person.ErasedAsync();
        });
    }

    [Theory]
    [MemberData(nameof(StepFates.EachOfLong), MemberType = typeof(StepFates))]
    public async Task A_release_at_each_step_lets_an_erasure_go_on_once_it_is_taken_up(StepFate fate)
    {
        await using var world = await StepWorld.OpenAsync();
        await world.AtEachStepAsync(fate, 3, async round =>
        {
            var person = await StepPerson.NewAsync(world);
            Assert.True(IsHeld(await HoldAsync(person, world.Server.Service)));
            await world.Server.FileErasuresAsync(person.Own.Subject);
            await round.DoAsync(
                () => ReleaseAsync(person, world.Server.Other),
                () => world.Server.Service.Restraints.ResumeAsync(default));
            if (!await person.IsErasedAsync())
                Assert.True(IsHeld(await ReleaseAsync(person, world.Server.Service)));
            await world.Server.Service.Erasures.ResumeAsync(default);
            await person.ErasedAsync();
        });
    }

    // Whether it was done.
    private static bool IsHeld(Outcome<AccountReport> answer)
    {
        if (answer is Outcome<AccountReport>.Failed(var failure)) Assert.Equal(ErrorCode.Erased, failure.Code);
        return answer is Outcome<AccountReport>.Done;
    }

    private static Task<Outcome<AccountReport>> HoldAsync(StepPerson person, KeyRecoveryService service) =>
        service.Desk.HoldAsync(
            TestAccount.DefaultApp, person.Own.Account.Now.Account, "why", "case", "https://officers.example", default)
            .AsTask();

    private static Task<Outcome<AccountReport>> ReleaseAsync(StepPerson person, KeyRecoveryService service) =>
        service.Desk.ReleaseAsync(
            TestAccount.DefaultApp, person.Own.Account.Now.Account, "case", "https://officers.example", default)
            .AsTask();
}
