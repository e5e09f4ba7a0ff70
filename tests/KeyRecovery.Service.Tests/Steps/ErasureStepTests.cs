using KeyRecovery.Protocol.Audit;
using KeyRecovery.Protocol.Primitives;
using KeyRecovery.Protocol.Wire;
using KeyRecovery.Service.Accounts;
using KeyRecovery.Service.Erasure;
using KeyRecovery.Service.Errors;
using KeyRecovery.Service.Gate;
using KeyRecovery.Service.Rows;
using KeyRecovery.Service.Stores;
using KeyRecovery.Service.Tests.Support;
using KeyRecovery.Testing;
using KeyRecovery.Testing.Realms;
using KeyRecovery.Testing.Stores;

namespace KeyRecovery.Service.Tests.Steps;

/// <summary>
/// An erasure that is cut, unanswered or frozen at each of its steps, whoever asked for it: it is taken up where it
/// was, no receipt says more than is true, and neither a key nor a share of the erased is left that anybody could
/// reach.
/// </summary>
[Trait("Category", "Rounds")]
public sealed class ErasureStepTests
{
    private static readonly string[] Asked = ["at once", "due", "by an operator"];

    public static TheoryData<string, StepFate> Fates()
    {
        var data = new TheoryData<string, StepFate>();
        foreach (var asked in Asked)
            foreach (var fate in StepFates.Long.Where(f => f != StepFate.Frozen))
                data.Add(asked, fate);
        return data;
    }

    public static TheoryData<string, string> Meanwhiles()
    {
        var data = new TheoryData<string, string>();
        foreach (var asked in Asked)
            foreach (var meanwhile in new[] {
                "a sweep", "a rotation", "another's erasure", "a commit", "a registration",
            })
                data.Add(asked, meanwhile);
        return data;
    }

    [Theory]
    [MemberData(nameof(Fates))]
    public async Task At_each_step_and_then_it_is_taken_up(string asked, StepFate fate) =>
        await AtEachStepAsync(asked, fate, _ => Task.CompletedTask, async person =>
        {
            await person.World.Server.Service.Erasures.ResumeAsync(default);
            if (!await person.IsErasedAsync()) await AgainAsync(person, asked);
            await person.ErasedAsync();
        });

    [Theory]
    [MemberData(nameof(Fates))]
    public async Task At_each_step_and_then_the_sweep(string asked, StepFate fate) =>
        await AtEachStepAsync(asked, fate, _ => Task.CompletedTask, async person =>
        {
            await person.World.SoundAsync(orphans: true);
            await person.World.SweepAsync();
            await person.World.SoundAsync(orphans: await person.IsErasedAsync());
            await AgainAsync(person, asked);
            await person.ErasedAsync();
        });

    [Theory]
    [MemberData(nameof(Fates))]
    public async Task At_each_step_and_then_an_operators_job(string asked, StepFate fate) =>
        await AtEachStepAsync(asked, fate, _ => Task.CompletedTask, async person =>
        {
            var server = person.World.Server;
            var job = await server.FileErasuresAsync(person.Own.Subject);
            await server.Service.Erasures.ResumeAsync(default);
            await person.ErasedAsync();
            // Erased before the job came, or by it: never left open.
            Assert.Equal(
                (0, 1), await server.JobAsync(job) is var told ? (told.Pending, told.Erased + told.Unknown) : default);
        });

    [Theory]
    [MemberData(nameof(Meanwhiles))]
    public async Task Frozen_at_each_step_while_something_else_happens(string asked, string meanwhile) =>
        await AtEachStepAsync(asked, StepFate.Frozen, person => HappensAsync(person, meanwhile), async person =>
        {
            await AgainAsync(person, asked);
            await person.ErasedAsync();
        });

    [Fact]
    public async Task Frozen_at_each_step_while_somebody_cancels_one_of_the_two_wins_and_both_know()
    {
        var (lived, erased, isCancelled) = (0, 0, false);
        await AtEachStepAsync(
            "due", StepFate.Frozen,
            async person =>
            {
                var answer = await person.CancelAsync(person.World.Server.Service);
                isCancelled = answer is Outcome<bool>.Done;
                if (answer is Outcome<bool>.Done(var done)) Assert.True(done);
                if (answer is Outcome<bool>.Failed(var failure)) Assert.Equal(ErrorCode.Erased, failure.Code);
            },
            async person =>
            {
                if (isCancelled) lived++;
                else erased++;
                if (isCancelled) await person.LivesAsync();
                else await person.ErasedAsync();
                isCancelled = false;
            });
        Assert.True(lived > 0 && erased > 1);
    }

    [Fact]
    public async Task Frozen_at_each_step_while_the_asker_is_removed_an_acknowledged_removal_stands()
    {
        var (lived, erased, isRemoved) = (0, 0, false);
        await AtEachStepAsync(
            "due", StepFate.Frozen,
            async person => isRemoved = await RemoveAskerAsync(person),
            async person =>
            {
                await person.World.Server.Service.Erasures.ResumeAsync(default);
                var isErased = await person.IsErasedAsync();
                Assert.NotEqual(isRemoved, isErased);
                isRemoved = false;
                if (isErased) erased++;
                else lived++;
                if (isErased) await person.ErasedAsync();
                else await person.World.SoundAsync(orphans: true);
                await person.World.SweepAsync();
                await person.World.SoundAsync();
            });
        Assert.True(lived > 0 && erased > 1);
    }

    [Fact]
    public async Task Frozen_at_each_step_while_the_asker_is_removed_by_one_that_dies_it_is_called_off_for_good()
    {
        var (lived, erased, isRemoved) = (0, 0, false);
        await AtEachStepAsync(
            "due", StepFate.Frozen,
            async person =>
            {
                // Behind the commit point (chunk, keyset, manifest, a seal of the code, outbox, account row) and before
                // the key row, which nothing of this commit has moved on.
                isRemoved = await RemoveAskerAsync(person, cutAfter: 6);
                // Another pass sees it, and calls the erasure off: the one that stands still must not come to the
                // tombstone.
                await person.World.Server.Service.Erasures.ResumeAsync(default);
            },
            async person =>
            {
                var isErased = await person.IsErasedAsync();
                Assert.NotEqual(isRemoved, isErased);
                isRemoved = false;
                if (isErased) erased++;
                else lived++;
                if (isErased) await person.ErasedAsync();
                await person.World.SweptAsync();
            });
        Assert.True(lived > 0 && erased > 1);
    }

    [Theory]
    [MemberData(nameof(StepFates.EachOfLong), MemberType = typeof(StepFates))]
    public async Task The_last_receipt_at_each_step_is_given_once(StepFate fate)
    {
        await using var world = await StepWorld.OpenAsync();
        var erasures = world.Server.Service.Erasures;
        await world.AtEachStepAsync(fate, 2, async round =>
        {
            var person = await StepPerson.NewAsync(world);
            await AgainAsync(person, "by an operator");
            await world.Server.Service.Rotation.RunAsync(begin: true, null, default);
            ReadOnlyMemory<byte> told = default;
            await round.DoAsync(
                () => world.Server.Other.Erasures.ResumeAsync(default),
                async () =>
                {
                    await erasures.ResumeAsync(default);
                    told = await person.ReceiptAsync();
                    world.Server.Time.Advance(TimeSpan.FromHours(1));
                });
            await world.SoundAsync(orphans: true);
            world.Server.Time.Advance(TimeSpan.FromHours(1));
            await erasures.ResumeAsync(default);
            await world.Server.LogAsync();
            var last = await person.ReceiptAsync();
            if (!told.IsEmpty)
                Assert.Equal(told.ToArray(), SignedErasureReceipt.Decode(last).Statement.ToArray());
            Assert.Equal(2, SignedErasureReceipt.Decode(last).Receipt.Level);
            // No pass reads it any more, and it stays as it is.
            Assert.Equal(0, await world.Server.CountAsync(Table.Erasures));
            world.Server.Time.Advance(TimeSpan.FromHours(1));
            await person.ErasedAsync();
            Assert.Equal(last.ToArray(), (await person.ReceiptAsync()).ToArray());
        });
    }

    [Theory]
    [MemberData(nameof(StepFates.EachOfLong), MemberType = typeof(StepFates))]
    public async Task A_replay_over_a_key_store_of_before_at_each_step(StepFate fate)
    {
        await using var world = await StepWorld.OpenAsync();
        await world.AtEachStepAsync(fate, 8, async round =>
        {
            var person = await StepPerson.NewAsync(world);
            var before = await KeysOfAsync(person);
            await AgainAsync(person, "at once");
            await PutBackAsync(person, before);
            await round.DoAsync(
                async () =>
                {
                    await world.Server.Other.Erasures.ReplayAsync(default);
                    return await world.Server.Other.Erasures.ResumeAsync(default);
                },
                () => world.SweepAsync());
            await world.Server.Service.Erasures.ReplayAsync(default);
            await person.ErasedAsync(wasWhole: false);
        });
    }

    // What an older copy of the key store brings back of a person.
    private static async Task<List<Row>> KeysOfAsync(StepPerson person)
    {
        var (keys, ids) = (person.World.Server.Keys, new RowIds(person.World.Server.LookupKey));
        var rows = new List<Row>();
        foreach (var place in new[] { person.KeyRow, ids.Subject(person.User), ids.Slot(person.Own.Code.Id) })
            rows.Add((await keys.ReadAsync(place, default))!);
        return rows;
    }

    private static async Task PutBackAsync(StepPerson person, List<Row> rows)
    {
        var keys = person.World.Server.Keys;
        await keys.WriteAsync([.. rows.Select(r => new RowWrite.Remove(r.Key))], default);
        Assert.IsType<WriteResult.Written>(
            await keys.WriteAsync([.. rows.Select(r => new RowWrite.Ensure(r.Key, r.Value))], default));
    }

    private static async Task HappensAsync(StepPerson person, string meanwhile)
    {
        var server = person.World.Server;
        switch (meanwhile)
        {
            case "a sweep":
                await person.World.SweepAsync();
                break;
            case "a rotation":
                await server.Service.Rotation.RunAsync(begin: true, null, default);
                break;
            case "another's erasure":
                await server.FileErasuresAsync(person.Own.Subject);
                await server.Service.Erasures.ResumeAsync(default);
                break;
            case "a commit":
                await TryCommitAsync(person, new AccountChange { Add = [TestAuthority.Code(person.World.Random)] });
                break;
            case "a registration":
                // Named, written, and then gone; or refused.
                await person.RegisterAsync(
                    server.Service.Realm, new TestRealmSlot(person.World.Random, TestAccount.DefaultApp));
                break;
        }
    }

    // Whether it was acknowledged; of one that dies, whether it was begun.
    private static async Task<bool> RemoveAskerAsync(StepPerson person, int? cutAfter = null)
    {
        var (server, next) = (person.World.Server, TestAuthority.Device(person.World.Random));
        var commit = person.Own.Account.Commit(
            person.Own.Code, new AccountChange { Add = [next], Remove = [person.Own.Phone] });
        if (await server.Service.Gate.PassAsync(
            KeyId.OfSlot(person.Own.Code.Id), key => key == person.Own.Code.Signing.PublicKey, default)
            is not GateResult.Open(var open))
            return false;
        using (open)
        {
            if (cutAfter is not { } step)
                return await DoneAsync(server.Service.Commits.CommitAsync(open, commit, default));
            await person.World.CutAsync(step, () => server.Service.Commits.CommitAsync(open, commit, default).AsTask());
            return true;
        }
    }

    private static async Task TryCommitAsync(StepPerson person, AccountChange change)
    {
        var keyId = KeyId.OfDevice(person.Own.Account.Now.Account, person.Own.Phone.Id);
        var gate = await person.World.Server.Service.Gate.PassAsync(
            keyId, key => key == person.Own.Phone.Signing.PublicKey, default);
        if (gate is not GateResult.Open(var open)) return;
        var commit = person.Own.Account.Commit(person.Own.Phone, change);
        using (open)
            if (!await DoneAsync(person.World.Server.Service.Commits.CommitAsync(open, commit, default)))
                person.Own.Account.Forget();
    }

    private static async Task<bool> DoneAsync(ValueTask<Outcome<Heads>> commit)
    {
        try
        {
            return await commit is Outcome<Heads>.Done;
        }
        catch (AccountErasedException)
        {
            return false;
        }
    }

    // Asks once more, as another process, and takes it to its end.
    private static async Task AgainAsync(StepPerson person, string asked)
    {
        var server = person.World.Server;
        if (await person.IsErasedAsync())
        {
            await server.Service.Erasures.ResumeAsync(default);
            return;
        }

        server.ErasureHold = TimeSpan.Zero;
        if (asked == "by an operator") await server.FileErasuresAsync(person.Own.Subject);
        else Assert.IsType<Outcome<ErasureStatus>.Done>(await person.RequestAsync(server.Service.Erasures));
        server.Time.Advance(TimeSpan.FromHours(73));
        await server.Service.Erasures.ResumeAsync(default);
    }

    private static async Task AtEachStepAsync(
        string asked, StepFate fate, Func<StepPerson, Task> meanwhile, Func<StepPerson, Task> then)
    {
        await using var world = await StepWorld.OpenAsync();
        var server = world.Server;
        await world.AtEachStepAsync(fate, 10, async round =>
        {
            // What a pass still has to tell of those before would stand still in place of what this round is about.
            await server.LogAsync();
            var person = await StepPerson.NewAsync(world);
            server.ErasureHold = asked == "at once" ? TimeSpan.Zero : TimeSpan.FromHours(72);
            if (asked == "due")
                Assert.IsType<Outcome<ErasureStatus>.Done>(await person.RequestAsync(server.Service.Erasures));
            if (asked == "by an operator") await server.FileErasuresAsync(person.Own.Subject);
            server.Time.Advance(TimeSpan.FromHours(73));
            using var open = await person.Own.PassAsync();
            await round.DoAsync(
                async () =>
                {
                    if (asked == "at once") return (object)await server.Other.Erasures.RequestAsync(open, 0, default);
                    return await server.Other.Erasures.ResumeAsync(default);
                },
                () => meanwhile(person));
            await then(person);
        });
    }
}
