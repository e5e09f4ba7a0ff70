using KeyRecovery.Protocol.Audit;
using KeyRecovery.Protocol.Wire;
using KeyRecovery.Service.Accounts;
using KeyRecovery.Service.Erasure;
using KeyRecovery.Service.Errors;
using KeyRecovery.Service.Stores;
using KeyRecovery.Service.Tests.Support;
using KeyRecovery.Testing;
using KeyRecovery.Testing.Stores;
using Filed = KeyRecovery.Service.Errors.Outcome<(System.ReadOnlyMemory<byte> Job, int Lines)>;

namespace KeyRecovery.Service.Tests.Steps;

/// <summary>
/// An operator's job, cut, unanswered or frozen at each step, while it is filed and while it is carried out: it is
/// there with all its lines or not at all, and each line is told and counted once.
/// </summary>
[Trait("Category", "Rounds")]
public sealed class JobStepTests
{
    public static TheoryData<string, StepFate> Filings => StepFates.Of("the same", "the sweep", "another one");

    public static TheoryData<StepFate, string> Passes =>
        StepFates.Meanwhile(StepFates.Long, "a sweep", "another pass");

    public static TheoryData<StepFate, string> Looks =>
        StepFates.Meanwhile(StepFates.Long, "a sweep", "another pass", "filed once more");

    [Theory]
    [MemberData(nameof(Filings))]
    public async Task Filed_at_each_step(string then, StepFate fate)
    {
        await using var world = await StepWorld.OpenAsync();
        await world.AtEachStepAsync(fate, 5, async round =>
        {
            string[] names = [$"anna {round.At}", $"berta {round.At}", $"anna {round.At}"];
            // What happens afterwards, happens to one that is frozen while it stands still.
            var outcome = await round.DoAsync(
                () => FileAsync(world.Server.Other, names), () => ThenAsync(world, then, round.At));
            await ThenAsync(world, then, round.At);
            var isThere = await WholeAsync(world);
            if (outcome is Filed.Done(var told)) Assert.Contains(Convert.ToHexString(told.Job.Span), isThere);

            // After the sweep no line is without a job, and whoever files it again gets the same one, with its lines.
            await world.SweptAsync();
            Assert.Equal(isThere, await WholeAsync(world));
            Assert.Equal(3 * isThere.Count, await world.Server.CountAsync(Table.ErasureLines));
            var again = Assert.IsType<Filed.Done>(await FileAsync(world.Server.Service, names)).Value;
            if (outcome is Filed.Done(var before)) Assert.Equal(before.Job.ToArray(), again.Job.ToArray());
            Assert.Contains(Convert.ToHexString(again.Job.Span), await WholeAsync(world));
            Assert.Equal((3, 3), (again.Lines, (await world.Server.JobAsync(again.Job)).Pending));

            // Taken on it comes to its end: no job is without its lines, and holds up nobody.
            var report = await world.Server.Service.Erasures.ResumeAsync(default);
            Assert.Equal((0, null), (report.Pending, report.Problem));
            var done = await world.Server.JobAsync(again.Job);
            Assert.Equal((0, 3), (done.Pending, done.Unknown));
        });
    }

    [Theory]
    [MemberData(nameof(Passes))]
    public async Task Carried_out_at_each_step_each_line_is_told_and_counted_once(StepFate fate, string meanwhile)
    {
        await using var world = await StepWorld.OpenAsync();
        var erasures = world.Server.Service.Erasures;
        await world.AtEachStepAsync(fate, 20, async round =>
        {
            StepPerson[] people = [await StepPerson.NewAsync(world), await StepPerson.NewAsync(world)];
            var (anna, berta) = (people[0].Own.Subject, people[1].Own.Subject);
            var job = await world.Server.FileErasuresAsync(anna, "nobody", anna, berta);
            await round.DoAsync(
                () => world.Server.Other.Erasures.ResumeAsync(default),
                () => meanwhile == "a sweep" ? world.SweepAsync() : erasures.ResumeAsync(default));
            await world.SoundAsync(orphans: true);

            await erasures.ResumeAsync(default);
            var told = await world.Server.JobAsync(job);
            Assert.Equal((4, 3, 1, 0), (told.Lines, told.Erased, told.Unknown, told.Pending));
            Assert.Equal([1, 2, 3, 4], told.Outcomes.Select(o => o.Line));
            var receipts = told.Outcomes.Select(o => o.Receipt.ToArray()).ToArray();
            Assert.Equal([await OfAsync(people[0]), [], await OfAsync(people[0]), await OfAsync(people[1])], receipts);
            foreach (var person in people) await person.ErasedAsync();
            var later = await world.Server.JobAsync(job);
            Assert.Equal(told.Outcomes.Select(o => o.Outcome), later.Outcomes.Select(o => o.Outcome));
        });

        async Task<byte[]> OfAsync(StepPerson person) => (await person.ReceiptAsync()).ToArray();
    }

    [Theory]
    [MemberData(nameof(Looks))]
    public async Task F23_filed_again_and_looked_at_at_each_step_nobody_who_came_back_is_erased(
        StepFate fate, string meanwhile)
    {
        await using var world = await StepWorld.OpenAsync();
        var (server, erasures) = (world.Server, world.Server.Service.Erasures);
        await world.AtEachStepAsync(fate, 3, async round =>
        {
            var (anna, berta) = ($"anna {round.At}", $"berta {round.At}");
            await server.NewAccountAsync(world.Random, anna);
            var job = await FiledAsync();
            await erasures.ResumeAsync(default);
            var before = await server.JobAsync(job);
            Assert.Equal((2, 1, 0), (before.Erased, before.Unknown, before.Returned));

            var (again, phone, _) = await server.NewAccountAsync(world.Random, anna);
            var (late, lately, _) = await server.NewAccountAsync(world.Random, berta);
            await FiledAsync();
            await round.DoAsync(() => server.Other.Erasures.ResumeAsync(default), () => meanwhile switch
            {
                "a sweep" => world.SweepAsync(),
                "another pass" => erasures.ResumeAsync(default),
                _ => FiledAsync(),
            });
            await world.SoundAsync(orphans: true);

            await erasures.ResumeAsync(default);
            var told = await server.JobAsync(job);
            Assert.Equal(
                (3, 2, 1, 0, 3), (told.Lines, told.Erased, told.Unknown, told.Pending, told.Returned));
            Assert.Equal(before.Outcomes.Select(Erased), told.Outcomes.Select(Erased));
            Assert.All(told.Outcomes, outcome => Assert.True(outcome.IsReturned));
            (await server.PassAsync(again, phone)).Dispose();
            (await server.PassAsync(late, lately)).Dispose();
            await world.SoundAsync(orphans: true);

            // A receipt gets its proof meanwhile, and is the same one.
            static ErasureId? Erased(ErasureLineOutcome outcome) => outcome.Outcome == LineOutcome.Erased
                ? SignedErasureReceipt.Decode(outcome.Receipt).Receipt.Id : null;

            Task<ReadOnlyMemory<byte>> FiledAsync() => server.FileErasuresAsync(anna, berta, anna);
        });
    }

    private static Task ThenAsync(StepWorld world, string then, int at) => then switch
    {
        "the same" => FileAsync(world.Server.Service, [$"anna {at}", $"berta {at}", $"anna {at}"]),
        "another one" => FileAsync(world.Server.Service, [$"clara {at}", $"doris {at}", $"clara {at}"]),
        _ => world.SweepAsync(),
    };

    private static async Task<Filed> FileAsync(KeyRecoveryService service, string[] names)
    {
        var content = Hash256.Of(System.Text.Encoding.UTF8.GetBytes(string.Join('\n', names)));
        var users = names.Select((name, i) => (i + 1, new AppUser(TestAccount.DefaultApp, "issuer", name)));
        return await service.Erasures.Jobs.FileAsync(
            users.ToAsyncEnumerable(), TestAccount.DefaultApp, default, () => content, default);
    }

    // The jobs that there are, each with all its lines.
    private static async Task<SortedSet<string>> WholeAsync(StepWorld world)
    {
        var jobs = new SortedSet<string>();
        await foreach (var stored in world.Server.Keys.ScanAsync(Table.ErasureJobs, default))
        {
            var job = await world.Server.JobAsync(stored.Key.Id);
            Assert.Equal([1, 2, 3], job.Outcomes.Select(o => o.Line));
            jobs.Add(Convert.ToHexString(stored.Key.Id.Span));
        }

        return jobs;
    }
}
