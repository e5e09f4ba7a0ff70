using KeyRecovery.Protocol.Primitives;
using KeyRecovery.Protocol.Realms;
using KeyRecovery.Protocol.Vault;
using KeyRecovery.Protocol.Wire;
using KeyRecovery.Service.Accounts;
using KeyRecovery.Service.Erasure;
using KeyRecovery.Service.Errors;
using KeyRecovery.Service.Stores;
using KeyRecovery.Service.Tests.Log;
using KeyRecovery.Service.Tests.Support;
using KeyRecovery.Testing;
using KeyRecovery.Testing.Needs;
using KeyRecovery.Testing.Realms;
using KeyRecovery.Testing.Stores.Cosmos;

namespace KeyRecovery.Service.Tests.Steps;

/// <summary>
/// The service over emulated accounts of Azure Cosmos DB, whose network fails at each write of an act: nothing is done
/// twice, nothing acknowledged is lost, and each change is one leaf.
/// </summary>
[Trait("Category", "Rounds")]
public sealed class NetworkStepTests
{
    private const int MostWrites = 80;

    // One behind which all is done comes first.
    private static readonly string[] Names =
        ["reset, done", "429", "silence, done", "503", "403", "503, done", "500, done"];

    public static TheoryData<string> Faults => [.. Names.Take(Rounds.Of(Names.Length, 1))];

    [NeedsTheory(Need.CosmosEmulator)]
    [MemberData(nameof(Faults))]
    public async Task A_creation_and_then_the_same_again(string fault) =>
    await AtEachWriteAsync(fault, 8, async (world, act) =>
    {
        var (phone, code) = (TestAuthority.Device(world.Random), TestAuthority.Code(world.Random));
        var items = new[] { (new ItemId(world.Random.Bytes(16)), world.Random.Bytes(40)) };
        var made = new StepAccount(
            world, TestAccount.Begin(world.Random, phone, [code], items: items), phone, code,
            $"person {Convert.ToHexString(world.Random.Bytes(8))}");
        await act(async () => await world.Server.CreateAsync(made.Account, made.Subject));
        await AgainAsync(() => world.Server.CreateAsync(made.Account, made.Subject).AsTask());
        await made.ReadsAsync(made.Account.Now);
        await OneLeafEachAsync(world, made);
    });

    [NeedsTheory(Need.CosmosEmulator)]
    [MemberData(nameof(Faults))]
    public async Task A_commit_and_then_the_same_again(string fault) =>
    await AtEachWriteAsync(fault, 5, async (world, act) =>
    {
        var user = await world.NewAccountAsync();
        var commit = user.Account.Commit(
            user.Phone, new AccountChange { Put = [(user.Item, world.Random.Bytes(50))] });
        using var open = await user.PassAsync();
        var outcome = await act(async () => await world.Server.Service.Commits.CommitAsync(open, commit, default));
        using (var now = await user.PassAsync())
        {
            var isThere = now.State.ManifestHash == commit.Manifest.Hash;
            if (outcome is Outcome<Heads>.Done) Assert.True(isThere, "an acknowledged commit is lost");
            await AgainAsync(() => world.Server.Service.Commits.CommitAsync(now, commit, default).AsTask());
        }

        await user.ReadsAsync(user.Account.Now);
        await OneLeafEachAsync(world, user);
    });

    [NeedsTheory(Need.CosmosEmulator)]
    [MemberData(nameof(Faults))]
    public async Task A_guess_and_then_the_same_again_is_counted_once(string fault) =>
    await AtEachWriteAsync(fault, 1, async (world, act) =>
    {
        var person = await StepPerson.NewAsync(world);
        var guess = person.Share.Guess();
        await act(async () => await GuessAsync(person, guess));
        await AgainAsync(() => GuessAsync(person, guess));
        Assert.Equal(1, (await person.SlotAsync())!.Attempts.Count);
        await world.SoundAsync(orphans: true);
    });

    [NeedsTheory(Need.CosmosEmulator)]
    [MemberData(nameof(Faults))]
    public async Task An_erasure_that_is_due_and_then_it_is_taken_up(string fault) =>
    await AtEachWriteAsync(fault, 10, async (world, act) =>
    {
        var server = world.Server;
        await server.LogAsync();
        var person = await StepPerson.NewAsync(world);
        Assert.IsType<Outcome<ErasureStatus>.Done>(await person.RequestAsync(server.Service.Erasures));
        server.Time.Advance(TimeSpan.FromHours(73));
        await act(async () => await server.Other.Erasures.ResumeAsync(default));
        await server.Service.Erasures.ResumeAsync(default);
        await person.ErasedAsync();
    });

    [NeedsTheory(Need.CosmosEmulator)]
    [MemberData(nameof(Faults))]
    public async Task A_pass_of_the_sequencer_and_then_another(string fault)
    {
        StepAccount? user = null;
        await AtEachWriteAsync(fault, 5, async (world, act) =>
        {
            user ??= await world.NewAccountAsync();
            for (var i = 0; i < 2; i++) await SequencerTests.CommitAsync(user);
            await act(async () => await world.Server.Other.Log!.PassAsync(default));
            await world.Server.Service.Log!.PassAsync(default);
            await SequencerTests.AreInAsync(world.Server, user);
            Assert.Equal(0, await LogWorld.WaitingAsync(world.Server));
        });
    }

    /// <summary>
    /// Each of them meets a fault at its first write, and is made again until it is answered; the waits between guesses
    /// are passed by the clock.
    /// </summary>
    [NeedsTheory(Need.CosmosEmulator)]
    [MemberData(nameof(Faults))]
    public async Task Sixty_four_guesses_at_once_at_one_slot_count_exactly_ten(string name)
    {
        var network = new FaultyNetwork();
        await using var world = await StepWorld.OpenAsync(network: network);
        var person = await StepPerson.NewAsync(world);
        var waiting = Enumerable.Range(0, 64).Select(_ => person.Share.Guess()).ToList();
        var (given, locked) = (0, 0);
        for (var round = 0; waiting.Count > 0; round++)
        {
            Assert.InRange(round, 0, 40);
            var answers = await Task.WhenAll(waiting.Select(guess => Task.Run(async () =>
            {
                network.Script = new NetworkScript(NetworkFault.All[name], 1);
                return await AnswerAsync(person, guess);
            })));
            given += answers.Count(answer => answer is Outcome<byte[]>.Done);
            locked += answers.Count(answer => IsFailed(answer, ErrorCode.SlotLocked));
            Assert.All(answers, answer => Assert.True(
                answer is Outcome<byte[]>.Done || IsFailed(answer, ErrorCode.SlotLocked)
                || IsFailed(answer, ErrorCode.GuessWait), $"{answer}"));
            waiting = [.. waiting.Where((_, i) => IsFailed(answers[i], ErrorCode.GuessWait))];
            world.Server.Time.Advance(TimeSpan.FromDays(2));
        }

        // The share goes with the eleventh: a tenth whose answer was lost may find it gone, and was counted.
        var least = NetworkFault.All[name].IsDone ? RealmLimits.Guesses - 1 : RealmLimits.Guesses;
        Assert.InRange(given, least, RealmLimits.Guesses);
        Assert.Equal(64, given + locked);
        var counted = (await person.SlotAsync())!.Events.All().Count(e => e.Kind == RealmEventKind.Attempt);
        Assert.Equal(RealmLimits.Guesses, counted);
        await world.SoundAsync(orphans: true);
    }

    private static bool IsFailed(Outcome<byte[]> answer, ErrorCode code) =>
        answer is Outcome<byte[]>.Failed { Failure.Code: var was } && was == code;

    // As a client asks: the same again where it was not answered.
    private static async Task<Outcome<byte[]>> AnswerAsync(StepPerson person, TestGuess guess)
    {
        while (true)
        {
            try
            {
                var answer = await GuessAsync(person, guess);
                if (!IsFailed(answer, ErrorCode.Unavailable)) return answer;
            }
            catch (StoreUnavailableException)
            {
                // It may be counted, and is by this attempt's id.
            }
        }
    }

    private static async Task<Outcome<byte[]>> GuessAsync(StepPerson person, TestGuess guess) =>
        await person.World.Server.Service.Realm.EvaluateAsync(
            person.User, guess.Request, Hash256.Of(guess.Body), default);

    private static async Task AgainAsync<T>(Func<Task<Outcome<T>>> act) =>
        Assert.IsType<Outcome<T>.Done>(await act());

    private static async Task OneLeafEachAsync(StepWorld world, StepAccount user)
    {
        await world.Server.Service.Log!.PassAsync(default);
        var leaves = (await LogWorld.LeavesAsync(world.Server))
            .Select(leaf => Convert.ToHexString(leaf.Span)).ToList();
        Assert.Equal(leaves.Count, leaves.Distinct().Count());
        Assert.NotEmpty(await LogWorld.DoneAsync(world.Server, user.Account, user.Phone));
        await world.SweptAsync();
        await user.ReadsAsync(user.Account.Now);
    }

    private static async Task AtEachWriteAsync(
        string name, int least, Func<StepWorld, Func<Func<Task<object>>, Task<object?>>, Task> round)
    {
        var network = new FaultyNetwork();
        await using var world = await StepWorld.OpenAsync(network: network);
        for (var at = 1; at <= MostWrites; at++)
        {
            var script = new NetworkScript(NetworkFault.All[name], at);
            await round(world, act => Task.Run(async () =>
            {
                network.Script = script;
                try
                {
                    return (object?)await act();
                }
                catch (StoreUnavailableException)
                {
                    return null;
                }
            }));
            if (script.HasStruck) continue;
            Assert.InRange(at - 1, least, MostWrites);
            StepTally.Add($"network: {name}", at - 1);
            return;
        }

        Assert.Fail("it never ended");
    }
}
