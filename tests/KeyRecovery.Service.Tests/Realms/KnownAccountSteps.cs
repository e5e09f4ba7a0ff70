using KeyRecovery.Protocol.Realms;
using KeyRecovery.Service.Errors;
using KeyRecovery.Service.Tests.Steps;
using KeyRecovery.Service.Tests.Support;
using KeyRecovery.Testing;
using KeyRecovery.Testing.Stores;

namespace KeyRecovery.Service.Tests.Realms;

/// <summary>
/// Registration, follow and commands at a realm that knows the chain (F10), cut, unanswered or frozen at each step: the
/// same again is done, a command once, and whatever is live is named.
/// </summary>
[Trait("Category", "Rounds")]
public sealed class KnownAccountSteps
{
    [Theory]
    [MemberData(nameof(StepFates.EachOfShort), MemberType = typeof(StepFates))]
    public async Task A_registration_at_each_step_and_then_the_same_again(StepFate fate)
    {
        await using var world = await StepWorld.OpenAsync();
        var seed = 4500;
        await world.AtEachStepAsync(fate, 3, async round =>
        {
            var account = KnownAccount.At(world.Server, ++seed);
            await round.DoAsync(
                () => account.RegisterAsync(at: world.Server.Service.Realm),
                () => account.RegisterAsync(at: world.Server.Other.Realm));
            Assert.IsType<Outcome<byte[]>.Done>(await account.RegisterAsync());
            Assert.IsType<Outcome<byte[]>.Done>(await account.GuessAsync());
            await world.SoundAsync(orphans: true);
        });
    }

    public static TheoryData<RealmAction, StepFate> Commands()
    {
        var data = new TheoryData<RealmAction, StepFate>();
        foreach (var action in Enum.GetValues<RealmAction>().Except([RealmAction.Status]))
            foreach (var fate in StepFates.Short)
                data.Add(action, fate);
        return data;
    }

    [Theory]
    [MemberData(nameof(Commands))]
    public async Task A_command_at_each_step_is_counted_once_and_none_of_before_comes_behind(
        RealmAction action, StepFate fate)
    {
        await using var world = await StepWorld.OpenAsync();
        var seed = 4600 + 50 * (int)action;
        await world.AtEachStepAsync(fate, action == RealmAction.Objection ? 1 : 2, async round =>
        {
            var account = KnownAccount.At(world.Server, ++seed);
            Done(await account.RegisterAsync());
            world.Server.Time.Advance(TimeSpan.FromSeconds(RealmLimits.KnownSeconds));
            if (action == RealmAction.Resume) Done(await account.CommandAsync(RealmAction.Pause, account.Phone, 0));
            if (action == RealmAction.Objection) Done(await account.ReceiptAsync(1));
            var (count, guesses, was) = ((await account.StatusAsync()).Told.Count, 0, account.User);
            var user = action == RealmAction.Subject ? was with { Issuer = "another issuer" } : was;
            var command = account.Command(action, account.Phone, count);
            await round.DoAsync(() => account.SendAsync(command, user), async () =>
            {
                // Counted meanwhile, where the slot is not paused: the command must not take it back.
                if (await account.GuessAsync() is Outcome<byte[]>.Done) guesses++;
            });

            await account.SendAsync(command, user);
            var status = await account.StatusAsync();
            Assert.Equal((count + 1, 10 - guesses), (status.Told.Count, status.GuessesLeft));
            Assert.Equal(action == RealmAction.Pause ? RealmSlotState.Paused : RealmSlotState.Fresh, status.State);
            // Whoever was cut between both rows asks once more.
            if (action == RealmAction.Subject)
            {
                await account.CommandAsync(action, account.Phone, count + 1, user);
                Done(await account.GuessAsync(user));
                Assert.IsType<Outcome<byte[]>.Failed>(await account.GuessAsync(was));
            }
            Assert.Equal(ErrorCode.Conflict,
                Assert.IsType<Outcome<byte[]>.Failed>(await account.SendAsync(command, user)).Failure.Code);
            count = (await account.StatusAsync()).Told.Count;
            Done(await account.CommandAsync(RealmAction.Pause, account.Phone, count));
            await world.SoundAsync(orphans: true);
        });
    }

    [Theory]
    [MemberData(nameof(StepFates.EachOfShort), MemberType = typeof(StepFates))]
    public async Task A_head_without_the_slot_at_each_step_destroys_it_in_the_end(StepFate fate)
    {
        await using var world = await StepWorld.OpenAsync();
        var seed = 4700;
        await world.AtEachStepAsync(fate, 2, async round =>
        {
            var account = KnownAccount.At(world.Server, ++seed);
            Assert.IsType<Outcome<byte[]>.Done>(await account.RegisterAsync());
            account.Account.Commit(account.Phone, new AccountChange { Add = [account.Slot] });
            Assert.IsType<Outcome<byte[]>.Done>(await account.FollowAsync(account.Account.Now));
            account.Account.Commit(account.Phone, new AccountChange { Remove = [account.Slot] });
            await round.DoAsync(
                () => account.FollowAsync(account.Account.Now), () => account.FollowAsync(account.Account.Now));
            Assert.IsType<Outcome<byte[]>.Done>(await account.FollowAsync(account.Account.Now));
            var guess = Assert.IsType<Outcome<byte[]>.Failed>(await account.GuessAsync());
            Assert.Equal(ErrorCode.SlotLocked, guess.Failure.Code);
            await world.SoundAsync(orphans: true);
        });
    }

    private static void Done(Outcome<byte[]> outcome) => Assert.IsType<Outcome<byte[]>.Done>(outcome);
}
