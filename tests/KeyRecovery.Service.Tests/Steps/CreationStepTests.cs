using KeyRecovery.Protocol.Wire;
using KeyRecovery.Service.Accounts;
using KeyRecovery.Service.Errors;
using KeyRecovery.Testing;
using KeyRecovery.Testing.Stores;

namespace KeyRecovery.Service.Tests.Steps;

/// <summary>
/// A creation that is cut, unanswered or frozen at each of its steps: the same person comes to an account, and nothing
/// lies about.
/// </summary>
[Trait("Category", "Rounds")]
public sealed class CreationStepTests
{
    [Theory]
    [MemberData(nameof(StepFates.EachOfShort), MemberType = typeof(StepFates))]
    public async Task At_each_step_and_then_the_same_again(StepFate fate) =>
    await AtEachStepAsync(fate, async (world, made, outcome) =>
    {
        Assert.IsType<Outcome<Heads>.Done>(await world.Server.CreateAsync(made.Account, made.Subject));
        await made.ReadsAsync(made.Account.Now);
        await world.SweptAsync();
        await made.ReadsAsync(made.Account.Now);
    });

    [Theory]
    [MemberData(nameof(StepFates.EachOfShort), MemberType = typeof(StepFates))]
    public async Task At_each_step_and_then_the_sweep(StepFate fate) =>
    await AtEachStepAsync(fate, async (world, made, outcome) =>
    {
        await world.SweptAsync();
        if (outcome is not Outcome<Heads>.Done)
            Assert.IsType<Outcome<Heads>.Done>(await world.Server.CreateAsync(made.Account, made.Subject));
        await made.ReadsAsync(made.Account.Now);
        await world.SoundAsync();
    });

    [Theory]
    [MemberData(nameof(StepFates.EachOfShort), MemberType = typeof(StepFates))]
    public async Task At_each_step_and_then_another_one_of_the_same_person(StepFate fate) =>
    await AtEachStepAsync(fate, async (world, made, outcome) =>
    {
        // The app was installed anew in the meantime, and knows nothing of the first try.
        var second = Draw(world, made.Subject);
        world.Server.Time.Advance(TimeSpan.FromMinutes(2));
        var answer = await world.Server.CreateAsync(second.Account, second.Subject);
        var isFirst = answer is Outcome<Heads>.Failed { Failure.Code: ErrorCode.AccountExists };
        if (outcome is Outcome<Heads>.Done) Assert.True(isFirst, "an acknowledged account is lost");
        if (!isFirst) Assert.IsType<Outcome<Heads>.Done>(answer);
        var winner = isFirst ? made : second;
        if (isFirst) Assert.IsType<Outcome<Heads>.Done>(await world.Server.CreateAsync(made.Account, made.Subject));
        await winner.ReadsAsync(winner.Account.Now);
        await world.SweptAsync();
        await winner.ReadsAsync(winner.Account.Now);
    });

    [Fact]
    public async Task Frozen_at_each_step_while_another_creation_of_the_same_person_is_faster()
    {
        await using var world = await StepWorld.OpenAsync();
        await world.AtEachStepAsync(StepFate.Frozen, 8, async round =>
        {
            var (slow, quick) = (Draw(world, $"person {round.At}"), Draw(world, $"person {round.At}"));
            Outcome<Heads>? quickly = null;
            var slowly = await round.DoAsync(
                () => world.Server.CreateAsync(slow.Account, slow.Subject).AsTask(),
                async () =>
                {
                    world.Server.Time.Advance(TimeSpan.FromMinutes(2));
                    quickly = await world.Server.CreateAsync(quick.Account, quick.Subject);
                });
            // One of them has the person's place, and whoever was told so can read.
            Assert.False(quickly is Outcome<Heads>.Done && slowly is Outcome<Heads>.Done, "two accounts of one person");
            if (quickly is Outcome<Heads>.Done) await quick.ReadsAsync(quick.Account.Now);
            if (slowly is Outcome<Heads>.Done) await slow.ReadsAsync(slow.Account.Now);
            await world.SweptAsync();
        });
    }

    private static StepAccount Draw(StepWorld world, string subject)
    {
        var (phone, code) = (TestAuthority.Device(world.Random), TestAuthority.Code(world.Random));
        var items = new[] { (new ItemId(world.Random.Bytes(16)), world.Random.Bytes(40)) };
        return new StepAccount(
            world, TestAccount.Begin(world.Random, phone, [code], items: items), phone, code, subject);
    }

    private static async Task AtEachStepAsync(StepFate fate, Func<StepWorld, StepAccount, Outcome<Heads>?, Task> then)
    {
        await using var world = await StepWorld.OpenAsync();
        await world.AtEachStepAsync(fate, 8, async round =>
        {
            var made = Draw(world, $"person {round.At}");
            var outcome = await round.DoAsync(
                () => world.Server.CreateAsync(made.Account, made.Subject).AsTask(), () => world.SweepAsync());
            await then(world, made, outcome);
        });
    }
}
