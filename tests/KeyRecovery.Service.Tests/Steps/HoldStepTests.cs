using KeyRecovery.Service.Erasure;
using KeyRecovery.Service.Errors;
using KeyRecovery.Service.Stores;
using KeyRecovery.Service.Tests.Support;
using KeyRecovery.Testing.Stores;

namespace KeyRecovery.Service.Tests.Steps;

/// <summary>
/// An erasure that is held, asked for and cancelled, with a fate at each step: it is held once, and cancelled or not.
/// </summary>
[Trait("Category", "Rounds")]
public sealed class HoldStepTests
{
    public static TheoryData<StepFate, string> Fates => StepFates.With(StepFates.Short, "the same", "the sweep");

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
            await ToldAsync(world, person);
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

    // Whoever opens the account hears of what is held, wherever the request was cut short.
    private static async Task ToldAsync(StepWorld world, StepPerson person)
    {
        using var open = await person.Own.PassAsync();
        var erasures = world.Server.Service.Erasures;
        Assert.Equal(
            (await erasures.StatusAsync(open, default)).State == ErasureState.Held,
            await erasures.DueInAsync(open, default) is not null);
    }

    [Fact]
    public async Task One_whose_key_row_is_of_an_older_snapshot_is_told_of_once_the_holds_begin_anew()
    {
        await using var world = await StepWorld.OpenAsync();
        var person = await StepPerson.NewAsync(world);
        var keys = world.Server.Keys;
        Row before;
        using (var open = await person.Own.PassAsync()) before = (await keys.ReadAsync(open.KeyRowKey, default))!;
        await person.RequestAsync(world.Server.Service.Erasures);
        await ToldAsync(world, person);
        await keys.WriteAsync([new RowWrite.Ensure(before.Key, before.Value)], default);
        // The control: nobody looks.
        using (var open = await person.Own.PassAsync())
            Assert.Null(await world.Server.Service.Erasures.DueInAsync(open, default));

        Assert.Equal(1, await world.Server.Service.Erasures.BeginHoldsAnewAsync(default));

        using (var open = await person.Own.PassAsync())
            Assert.NotNull(await world.Server.Service.Erasures.DueInAsync(open, default));
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
