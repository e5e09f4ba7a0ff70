using KeyRecovery.Protocol.Wire;
using KeyRecovery.Service.Accounts;
using KeyRecovery.Service.Erasure;
using KeyRecovery.Service.Errors;
using KeyRecovery.Service.Feed;
using KeyRecovery.Service.Gate;
using KeyRecovery.Service.Rows;
using KeyRecovery.Service.Tests.Support;
using KeyRecovery.Testing;
using KeyRecovery.Testing.Stores;

namespace KeyRecovery.Service.Tests.Steps;

/// <summary>
/// A sweep that warns of an account that nobody uses, and one that erases it, each cut, unanswered or frozen at each of
/// its steps: no warning counts that the feed has not, and whoever comes before the key is destroyed keeps the account.
/// </summary>
[Trait("Category", "Rounds")]
public sealed class InactiveStepTests
{
    [Theory]
    [MemberData(nameof(StepFates.EachOfLong), MemberType = typeof(StepFates))]
    public async Task A_warning_at_each_step_is_in_the_feed_before_it_counts_and_not_where_somebody_came(StepFate fate)
    {
        await using var world = await OpenAsync();
        await world.AtEachStepAsync(fate, 3, async round =>
        {
            var user = await world.NewAccountAsync();
            world.Server.Time.Advance(TimeSpan.FromDays(91));
            var came = false;
            await round.DoAsync(
                () => world.Server.Other.Sweeper.SweepAsync(TimeSpan.FromDays(1), default),
                async () => came = await ComesAsync(user));
            var warned = await KeyRowAsync(user);
            if (came) Assert.Equal(0UL, warned.WarnedOn);
            if (warned.WarnedOn != 0) Assert.NotEmpty(await ToldAsync(user));
            await world.Server.Service.Sweeper.SweepAsync(TimeSpan.FromDays(1), default);
            warned = await KeyRowAsync(user);
            Assert.Equal(came, warned.WarnedOn == 0);
            if (!came)
                Assert.Contains(
                    DateOnly.FromDateTime(DateTime.UnixEpoch.AddDays(warned.ErasableOn)), await ToldAsync(user));
            await LeaveAsync(user);
        });
    }

    [Theory]
    [MemberData(nameof(Ends))]
    public async Task An_erasure_at_each_step_ends_and_not_where_somebody_came_before(StepFate fate, bool comesAfter)
    {
        var (erased, kept) = (0, 0);
        await using var world = await OpenAsync();
        await world.AtEachStepAsync(fate, 3, async round =>
        {
            var user = await world.NewAccountAsync();
            await SweepAsync(world, 91);
            await SweepAsync(world, 2, times: 15);
            world.Server.Time.Advance(TimeSpan.FromDays(1));
            var came = false;
            await round.DoAsync(
                () => world.Server.Other.Sweeper.SweepAsync(TimeSpan.FromDays(1), default),
                async () => came = await ComesAsync(user));
            if (comesAfter && !came) came = await ComesAsync(user);
            for (var i = 0; i < 2; i++)
            {
                await world.Server.LogAsync();
                await SweepAsync(world, 0);
            }

            await world.Server.Service.Erasures.ResumeAsync(default);
            Assert.Equal(came, await ComesAsync(user));
            if (came) kept++;
            else erased++;
            await world.SoundAsync(orphans: true);
            if (came) await LeaveAsync(user);
        });
        Assert.True(erased > 0);
        Assert.Equal(comesAfter || fate == StepFate.Frozen, kept > 0);
    }

    [Fact]
    public async Task What_a_device_asks_for_takes_the_place_of_an_erasure_that_died_at_each_step()
    {
        var asked = 0;
        await using var world = await OpenAsync();
        await world.AtEachStepAsync(StepFate.Cut, 3, async round =>
        {
            var user = await world.NewAccountAsync();
            await SweepAsync(world, 91);
            await SweepAsync(world, 2, times: 15);
            world.Server.Time.Advance(TimeSpan.FromDays(1));
            await round.DoAsync(() => world.Server.Other.Sweeper.SweepAsync(TimeSpan.FromDays(1), default));
            if (await ComesAsync(user))
            {
                var held = await world.Server.RequestErasureAsync(user.Account, user.Phone);
                Assert.Equal(ErasureState.Held, held.State);
                // It can be called off as ever, and nothing of before goes on.
                await world.Server.LogAsync();
                Assert.True(Assert.IsType<Outcome<bool>.Done>(
                    await world.Server.CancelErasureAsync(user.Account, user.Phone)).Value);
                await world.Server.LogAsync();
                Assert.True(await ComesAsync(user));
                await LeaveAsync(user);
                asked++;
            }
            else await world.Server.Service.Erasures.ResumeAsync(default);

            await world.SoundAsync(orphans: true);
        });
        Assert.True(asked > 1);
    }

    public static TheoryData<StepFate, bool> Ends() => StepFates.With(StepFates.Long, false, true);

    private static async Task<StepWorld> OpenAsync()
    {
        var world = await StepWorld.OpenAsync();
        world.Server.Inactive = new InactivityPolicy(90, 30);
        return world;
    }

    // So many days later, so often.
    private static async Task SweepAsync(StepWorld world, int days, int times = 1)
    {
        for (var i = 0; i < times; i++)
        {
            world.Server.Time.Advance(TimeSpan.FromDays(days));
            await world.Server.Service.Sweeper.SweepAsync(TimeSpan.FromDays(1), default);
        }
    }

    // Whether whoever comes is let in: else the account is erased.
    private static async Task<bool> ComesAsync(StepAccount user)
    {
        switch (await user.World.Server.Service.Gate.PassAsync(
            KeyId.OfDevice(user.Account.Now.Account, user.Phone.Id), key => key == user.Phone.Signing.PublicKey,
            default))
        {
            case GateResult.Open(var open):
                open.Dispose();
                return true;
            case GateResult.Shut(var failure):
                Assert.Equal(ErrorCode.Erased, failure.Code);
                return false;
            default:
                throw new InvalidOperationException();
        }
    }

    // The next round has an account of its own.
    private static async Task LeaveAsync(StepAccount user)
    {
        await user.World.Server.FileErasuresAsync(user.Subject);
        await user.World.Server.Service.Erasures.ResumeAsync(default);
        Assert.False(await ComesAsync(user));
    }

    private static async Task<List<DateOnly>> ToldAsync(StepAccount user)
    {
        var events = new List<AppEvent>();
        var after = FeedCursor.None;
        while (true)
        {
            var page = await user.World.Server.Service.Feed.ReadAsync(TestAccount.DefaultApp, after, 100, default);
            events.AddRange(page.Events);
            after = page.Next;
            if (page.HasMore) continue;
            return [.. events.Where(one => one.Kind == AppEventKind.Inactive
                && one.Account == user.Account.Now.Account).Select(one => one.ErasableOn!.Value)];
        }
    }

    private static async Task<KeyRow> KeyRowAsync(StepAccount user) => KeyRow.Decode(
        (await user.World.Server.Keys.ReadAsync(
            new RowIds(user.World.Server.LookupKey).KeyRow(user.Account.Now.Account), default))!.Value);
}
