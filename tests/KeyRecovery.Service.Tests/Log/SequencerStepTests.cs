using KeyRecovery.Protocol.Audit.Log;
using KeyRecovery.Service.Log;
using KeyRecovery.Service.Tests.Steps;
using KeyRecovery.Testing.Stores;

namespace KeyRecovery.Service.Tests.Log;

/// <summary>
/// A sequencer that dies, hears no answer or stands still at each of its steps, while another goes on: each committed
/// change is one leaf, in its order, and none is there twice.
/// </summary>
[Trait("Category", "Rounds")]
public sealed class SequencerStepTests
{
    [Theory]
    [MemberData(nameof(StepFates.EachOfLong), MemberType = typeof(StepFates))]
    public async Task At_each_step_of_a_pass(StepFate fate)
    {
        await using var world = await StepWorld.OpenAsync();
        var server = world.Server;
        await server.Service.Log!.OpenAsync(default);
        StepAccount[] users = [await world.NewAccountAsync(), await world.NewAccountAsync()];
        await world.AtEachStepAsync(fate, least: 8, async round =>
        {
            for (var i = 0; i < 3; i++) await SequencerTests.CommitAsync(users[i % 2]);
            await round.DoAsync<SequencerReport>(() => server.Other.Log!.PassAsync(default), meanwhile: async () =>
            {
                await server.Service.Log.PassAsync(default);
                await SequencerTests.CommitAsync(users[0]);
                await server.Service.Log.PassAsync(default);
            });
            await server.Service.Log.PassAsync(default);
            await SequencerTests.AreInAsync(server, users);
            Assert.Equal(0, await LogWorld.WaitingAsync(server));
        });
    }

    [Theory]
    [MemberData(nameof(StepFates.EachOfLong), MemberType = typeof(StepFates))]
    public async Task At_each_step_of_the_start(StepFate fate)
    {
        await using var world = await StepWorld.OpenAsync();
        var server = world.Server;
        await server.Service.Log!.OpenAsync(default);
        var user = await world.NewAccountAsync();
        await world.AtEachStepAsync(fate, least: 3, async round =>
        {
            // A batch of which nothing was made yet, as a crash behind the head's writing leaves it.
            await SequencerTests.CommitAsync(user);
            await world.CutAsync(1, () => server.Service.Log.PassAsync(default));
            await round.DoAsync(async () =>
            {
                await server.Other.Log!.OpenAsync(default);
                return "";
            }, meanwhile: async () =>
            {
                await SequencerTests.CommitAsync(user);
                await server.Service.Log.PassAsync(default);
            });
            await server.Service.Log.OpenAsync(default);
            await server.Service.Log.PassAsync(default);
            await SequencerTests.AreInAsync(server, user);
        });
    }

    [Theory]
    [MemberData(nameof(StepFates.EachOfLong), MemberType = typeof(StepFates))]
    public async Task At_each_step_of_a_pass_whose_checkpoints_are_cosigned(StepFate fate)
    {
        await using var world = await StepWorld.OpenAsync();
        var (server, bench) = (world.Server, new Bench(3));
        var policy = bench.With(2);
        using var here = server.NewService(witnesses: policy);
        using var there = server.NewService(witnesses: policy);
        await here.Log!.OpenAsync(default);
        await there.Log!.OpenAsync(default);
        bench.LogKey = here.Log.Key;
        var user = await world.NewAccountAsync();
        await world.AtEachStepAsync(fate, least: 5, async round =>
        {
            // Each time another one of them is away.
            Array.Fill(bench.Lies, null);
            bench.Lies[round.At % 3] = _ => Task.FromResult<WitnessReply>(new WitnessReply.Silent("away"));
            await SequencerTests.CommitAsync(user);
            await round.DoAsync(async () =>
            {
                await there.Log.PassAsync(default);
                return (await there.Log.CosignAsync(default))!;
            }, meanwhile: async () =>
            {
                await SequencerTests.CommitAsync(user);
                await here.Log.PassAsync(default);
                await here.Log.CosignAsync(default);
            });
            await here.Log.PassAsync(default);
            var report = (await here.Log.CosignAsync(default))!;
            Assert.Equal(report.Size, report.Published);
            Assert.True(SignedNote.TryParse(await server.LogFiles.CheckpointAsync(default), out var published));
            Assert.True(policy.Policy.IsQuorum(key => Cosignature.FindTime(published, key) is not null));
            await SequencerTests.AreInAsync(server, user);
        });

        // Whatever befell it, no witness was shown two trees of one size.
        var shown = bench.Asked.Select(asked => asked.Request.Checkpoint.Text).Distinct().ToList();
        Assert.Equal(shown.Count, shown.Select(text => text.Split('\n')[1]).Distinct().Count());
    }

    [Theory]
    [MemberData(nameof(StepFates.EachOfLong), MemberType = typeof(StepFates))]
    public async Task At_each_step_of_a_commit_with_a_pass_before_and_behind_it(StepFate fate)
    {
        await using var world = await StepWorld.OpenAsync();
        var server = world.Server;
        await server.Service.Log!.OpenAsync(default);
        var user = await world.NewAccountAsync();
        await world.AtEachStepAsync(fate, least: 5, async round =>
        {
            var bundle = user.Account.Commit(
                user.Phone, new Testing.AccountChange { Put = [(user.Item, world.Random.Bytes(20))] });
            using (var open = await user.PassAsync())
            {
                await round.DoAsync(
                    () => server.Other.Commits.CommitAsync(open, bundle, default).AsTask(),
                    meanwhile: () => server.Service.Log.PassAsync(default));
            }

            // One that was not decided yet is looked at again.
            server.Time.Advance(TimeSpan.FromHours(2));
            await server.Service.Log.PassAsync(default);
            using (var now = await user.PassAsync())
                if (now.State.ManifestHash != bundle.Manifest.Hash) user.Account.Forget();
            await SequencerTests.AreInAsync(server, user);
        });
        await SequencerTests.CommitAsync(user);
        world.Server.Time.Advance(TimeSpan.FromHours(2));
        await server.Service.Log.PassAsync(default);
        Assert.Equal(0, await LogWorld.WaitingAsync(server));
    }
}
