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
public sealed class KnownAccountSteps
{
    [Theory]
    [InlineData(StepFate.Cut)]
    [InlineData(StepFate.AnswerLost)]
    [InlineData(StepFate.Frozen)]
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

    [Theory]
    [InlineData(StepFate.Cut)]
    [InlineData(StepFate.AnswerLost)]
    [InlineData(StepFate.Frozen)]
    public async Task A_pause_at_each_step_is_one_write_and_counted_once(StepFate fate)
    {
        await using var world = await StepWorld.OpenAsync();
        var seed = 4600;
        await world.AtEachStepAsync(fate, 1, async round =>
        {
            var account = KnownAccount.At(world.Server, ++seed);
            Assert.IsType<Outcome<byte[]>.Done>(await account.RegisterAsync());
            var pause = account.Command(RealmCommandKind.Pause, account.Phone, 0);
            await round.DoAsync(() => account.SendAsync(pause), () => account.SendAsync(pause));
            await account.SendAsync(pause);
            Assert.Equal(1ul, (await account.StatusAsync()).Told!.Count);
            Assert.Equal(RealmSlotState.Paused, (await account.StatusAsync()).State);
        });
    }

    [Theory]
    [InlineData(StepFate.Cut)]
    [InlineData(StepFate.AnswerLost)]
    [InlineData(StepFate.Frozen)]
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
}
