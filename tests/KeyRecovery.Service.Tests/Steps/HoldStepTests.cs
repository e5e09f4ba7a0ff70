using KeyRecovery.Service.Erasure;
using KeyRecovery.Service.Errors;
using KeyRecovery.Service.Tests.Support;
using KeyRecovery.Testing.Stores;

namespace KeyRecovery.Service.Tests.Steps;

/// <summary>
/// An erasure that is held, asked for and cancelled, with a fate at each step: it is held once, and cancelled or not.
/// </summary>
public sealed class HoldStepTests
{
    public static TheoryData<StepFate, string> Fates()
    {
        var data = new TheoryData<StepFate, string>();
        foreach (var fate in Enum.GetValues<StepFate>())
            foreach (var then in new[] { "the same", "the sweep" })
                data.Add(fate, then);
        return data;
    }

    [Theory]
    [MemberData(nameof(Fates))]
    public async Task A_request_at_each_step(StepFate fate, string then)
    {
        await using var world = await StepWorld.OpenAsync();
        await world.AtEachStepAsync(fate, 1, async round =>
        {
            var person = await StepPerson.NewAsync(world);
            using var open = await person.Own.PassAsync();
            // What happens afterwards, happens to one that is frozen while it stands still.
            var erasures = world.Server.Other.Erasures;
            await round.DoAsync(() => erasures.RequestAsync(open, 0, default).AsTask(), () => ThenAsync(person));
            if (fate != StepFate.Frozen) await ThenAsync(person);
            // Asked again it is held once, from whichever was the first.
            var asked = await person.RequestAsync(world.Server.Service.Erasures);
            var again = Assert.IsType<Outcome<ErasureStatus>.Done>(asked).Value;
            Assert.Equal(ErasureState.Held, again.State);
            world.Server.Time.Advance(TimeSpan.FromMilliseconds(again.DueInMs));
            Assert.Equal(1, (await world.Server.Service.Erasures.ResumeAsync(default)).Erased);
            await person.ErasedAsync();
        });

        async Task ThenAsync(StepPerson person)
        {
            if (then == "the sweep") await world.SweptAsync();
            else Assert.IsType<Outcome<ErasureStatus>.Done>(await person.RequestAsync(world.Server.Service.Erasures));
        }
    }

    [Theory]
    [MemberData(nameof(Fates))]
    public async Task A_cancellation_at_each_step(StepFate fate, string then)
    {
        await using var world = await StepWorld.OpenAsync();
        await world.AtEachStepAsync(fate, 1, async round =>
        {
            var person = await StepPerson.NewAsync(world);
            await person.RequestAsync(world.Server.Service.Erasures);
            await round.DoAsync(() => person.CancelAsync(world.Server.Other), () => ThenAsync(person));
            await ThenAsync(person);
            world.Server.Time.Advance(TimeSpan.FromHours(80));
            await person.LivesAsync();
            // And may be asked for anew.
            await person.RequestAsync(world.Server.Service.Erasures);
            world.Server.Time.Advance(TimeSpan.FromHours(80));
            await world.Server.Service.Erasures.ResumeAsync(default);
            await person.ErasedAsync();
        });

        async Task ThenAsync(StepPerson person)
        {
            if (then == "the sweep") await world.SweptAsync();
            var again = Assert.IsType<Outcome<bool>.Done>(await person.CancelAsync(world.Server.Service)).Value;
            // Answered as the first one was, also when it was done; once a sweep has taken it, there is nothing left.
            if (then == "the same") Assert.True(again);
        }
    }

    [Fact]
    public async Task A_cancellation_that_is_frozen_until_it_is_too_late_is_told_so()
    {
        await using var world = await StepWorld.OpenAsync();
        var late = 0;
        await world.AtEachStepAsync(StepFate.Frozen, 1, async round =>
        {
            var person = await StepPerson.NewAsync(world);
            await person.RequestAsync(world.Server.Service.Erasures);
            var answer = await round.DoAsync(
                () => person.CancelAsync(world.Server.Other),
                async () =>
                {
                    world.Server.Time.Advance(TimeSpan.FromHours(73));
                    Assert.Equal(1, (await world.Server.Service.Erasures.ResumeAsync(default)).Erased);
                });
            if (round.IsStruck)
            {
                late++;
                Assert.Equal(ErrorCode.Erased, Assert.IsType<Outcome<bool>.Failed>(answer).Failure.Code);
                await person.ErasedAsync();
            }
            else
            {
                Assert.True(Assert.IsType<Outcome<bool>.Done>(answer).Value);
                await person.LivesAsync();
            }
        });
        Assert.NotEqual(0, late);
    }
}
