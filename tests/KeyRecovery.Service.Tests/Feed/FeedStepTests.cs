using KeyRecovery.Service.Log;
using KeyRecovery.Service.Tests.Steps;
using KeyRecovery.Service.Tests.Support;
using KeyRecovery.Testing;
using KeyRecovery.Testing.Stores;

namespace KeyRecovery.Service.Tests.Feed;

/// <summary>
/// A sequencer that dies, hears no answer or stands still at each of its steps, while another goes on: each event has
/// one place in its feed and is counted once, and none is lost.
/// </summary>
[Trait("Category", "Rounds")]
public sealed class FeedStepTests
{
    [Theory]
    [MemberData(nameof(StepFates.EachOfLong), MemberType = typeof(StepFates))]
    public async Task At_each_step_of_a_pass_each_event_has_one_place_and_is_counted_once(StepFate fate)
    {
        await using var world = await StepWorld.OpenAsync();
        var server = world.Server;
        server.CommitsPerDay = 100_000;
        await server.Service.Log!.OpenAsync(default);
        var expected = 0;
        await world.AtEachStepAsync(fate, least: 9, async round =>
        {
            // So many that pages are filled while it goes on; an account has only so many links a day.
            StepAccount[] users = [await world.NewAccountAsync(), await world.NewAccountAsync()];
            foreach (var user in users) await LinkAsync(user, 4);
            expected += 2 * 15;
            await round.DoAsync<SequencerReport>(() => server.Other.Log!.PassAsync(default), meanwhile: async () =>
            {
                await server.Service.Log.PassAsync(default);
                await LinkAsync(users[0], 1);
                expected += 3;
                await server.Service.Log.PassAsync(default);
            });
            await server.Service.Log.PassAsync(default);

            var (told, _) = await server.Service.ReadAllAsync(limit: 100);
            Assert.Equal(expected, told.Count);
            Assert.Equal(expected, told.Select(one => (one.Leaf, one.Kind, one.Authority)).Distinct().Count());
            Assert.Equal(told.Select(one => one.Leaf).Order(), told.Select(one => one.Leaf));
            await server.Service.CountsAreOfAsync(told);
        });
        Assert.InRange(expected, 201, int.MaxValue);
    }

    [Theory]
    [MemberData(nameof(StepFates.EachOfLong), MemberType = typeof(StepFates))]
    public async Task At_each_step_of_a_trim_nothing_young_goes_and_at_the_end_nothing_old_is_left(StepFate fate)
    {
        await using var world = await StepWorld.OpenAsync();
        var server = world.Server;
        server.CommitsPerDay = 100_000;
        await server.Service.Log!.OpenAsync(default);
        await world.AtEachStepAsync(fate, least: 2, async round =>
        {
            for (var i = 0; i < 40; i++) await world.NewAccountAsync();
            await server.Service.Log.PassAsync(default);
            server.Time.Advance(TimeSpan.FromDays(31));
            for (var i = 0; i < 2; i++) await world.NewAccountAsync();
            await server.Service.Log.PassAsync(default);
            await round.DoAsync(
                async () => $"{await server.Other.TrimFeedsAsync(default)}", meanwhile: async () =>
                {
                    await world.NewAccountAsync();
                    await server.Service.Log.PassAsync(default);
                    await server.Service.TrimFeedsAsync(default);
                });
            await server.Service.TrimFeedsAsync(default);
            var (told, _) = await server.Service.ReadAllAsync(limit: 100);
            Assert.Contains(told.Count, new[] { 6, 9 });
            var pages = 0;
            await foreach (var _ in server.Keys.ScanAsync(Stores.Table.AppPages, default)) pages++;
            Assert.InRange(pages, 0, 1);
        });
    }

    [Theory]
    [MemberData(nameof(StepFates.EachOfLong), MemberType = typeof(StepFates))]
    public async Task At_each_step_of_telling_a_webhook_nothing_is_passed_over(StepFate fate)
    {
        await using var world = await StepWorld.OpenAsync();
        var server = world.Server;
        var taken = new List<ulong>();
        await world.AtEachStepAsync(fate, least: 1, async round =>
        {
            await ChangeAsync();
            await round.DoAsync(async () => $"{await TellAsync(server.Other)}", meanwhile: async () =>
            {
                await ChangeAsync();
                await TellAsync(server.Service);
            });
            while (await TellAsync(server.Service)) { }
            var (told, _) = await server.Service.ReadAllAsync(limit: 100);
            Assert.Equal(told.Select(one => one.Number), taken.Distinct().Order());
        });

        async Task ChangeAsync()
        {
            await world.NewAccountAsync();
            await server.Service.Log!.PassAsync(default);
        }

        // As the server does it: a page, and when it was taken, the cursor.
        async Task<bool> TellAsync(KeyRecoveryService service)
        {
            var at = await service.WebhookCursors.ReadAsync(FeedWorld.App, default);
            if (!await service.Feed.HasMoreAsync(FeedWorld.App, at, default)) return false;
            var page = await service.Feed.ReadAsync(FeedWorld.App, at, 2, default);
            lock (taken) taken.AddRange(page.Events.Select(one => one.Number));
            await service.WebhookCursors.MoveAsync(FeedWorld.App, at, page.Next, default);
            return true;
        }
    }

    private static async Task LinkAsync(StepAccount user, int times)
    {
        for (var i = 0; i < times; i++)
        {
            var device = TestAuthority.Device(user.World.Random);
            await user.World.Server.DoAsync(user.Account, user.Phone, new AccountChange { Add = [device] });
            await user.World.Server.DoAsync(user.Account, user.Phone, new AccountChange { Remove = [device] });
        }
    }
}
