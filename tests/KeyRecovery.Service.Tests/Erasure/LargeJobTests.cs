using System.Diagnostics;
using System.Numerics;
using KeyRecovery.Protocol.Primitives;
using KeyRecovery.Protocol.Wire;
using KeyRecovery.Service.Accounts;
using KeyRecovery.Service.Erasure;
using KeyRecovery.Service.Errors;
using KeyRecovery.Service.Tests.Support;
using KeyRecovery.Testing;
using KeyRecovery.Testing.Needs;
using Xunit.Abstractions;

namespace KeyRecovery.Service.Tests.Erasure;

/// <summary>
/// A job may name as many as an operator has: what it holds and what is asked of it do not grow with it.
/// </summary>
[Collection(Alone)]
public sealed class LargeJobTests(ITestOutputHelper output)
{
    /// <summary>What others hold would count.</summary>
    public const string Alone = "the memory of this process";

    private const int Page = 100;

    // What a pass has in hand, and the garbage collector's own breath.
    private const long Flat = 24 << 20;

    [Fact]
    [Trait("Category", "Long")]
    public Task A_job_of_5_000_accounts_holds_no_more_at_its_end_than_at_its_beginning() => ErasesAsync(5_000);

    [HoursFact]
    [Trait("Category", "Hours")]
    public Task A_job_of_100_000_accounts_holds_no_more_at_its_end_than_at_its_beginning() => ErasesAsync(100_000);

    private async Task ErasesAsync(int accounts)
    {
        CountingKeyStore counting = null!;
        await using var server = await TestService.OpenAsync(
            Directory.CreateTempSubdirectory("keyrecovery-service-").FullName, SystemRandom.Instance,
            store => counting = new CountingKeyStore(store));
        await Parallel.ForAsync(0, accounts, new ParallelOptions { MaxDegreeOfParallelism = 64 }, async (i, _) =>
        {
            var random = new TestRandom(i);
            var account = TestAccount.Begin(random, TestAuthority.Device(random), [TestAuthority.Code(random)]);
            Assert.IsType<Outcome<Heads>.Done>(await server.CreateAsync(account, $"user {i}"));
        });
        var job = await server.FileErasuresAsync([.. Enumerable.Range(0, accounts).Select(i => $"user {i}")]);

        var (early, late) = await HeldAsync(server, job);
        output.WriteLine($"held at a tenth {early >> 10:N0} KiB, at nine tenths {late >> 10:N0} KiB");
        Assert.InRange(late - early, long.MinValue, Flat);

        var polled = await counting.CostAsync(async () =>
        {
            var report = await ReadAsync(server, job, 0, 0);
            Assert.Equal((accounts, accounts, 0, 0), (report.Lines, report.Erased, report.Unknown, report.Pending));
        });
        Assert.Equal(1, polled);

        // A page costs its own lines and receipts, and finding its first line by halves.
        var halves = BitOperations.Log2((uint)accounts) + 1;
        foreach (var after in new[] { 0, accounts / 3, accounts - Page })
        {
            var began = Stopwatch.GetTimestamp();
            var cost = await counting.CostAsync(async () =>
            {
                var page = await ReadAsync(server, job, after, Page);
                Assert.Equal(Enumerable.Range(after + 1, Page), page.Outcomes.Select(o => o.Line));
                Assert.All(page.Outcomes, o => Assert.Equal(LineOutcome.Erased, o.Outcome));
            });
            var took = Stopwatch.GetElapsedTime(began).TotalMilliseconds;
            output.WriteLine($"a page behind line {after:N0}: {cost} rows, {took:N1} ms");
            Assert.InRange(cost, 2 * Page + 1, 2 * Page + 1 + halves);
        }
    }

    // What is reachable when a tenth and when nine tenths are done.
    private static async Task<(long Early, long Late)> HeldAsync(TestService server, ReadOnlyMemory<byte> job)
    {
        var run = server.Service.Erasures.ResumeAsync(default);
        var held = new List<(double Done, long Bytes)>();
        while (!run.IsCompleted)
        {
            await Task.WhenAny(run, Task.Delay(100));
            var report = await ReadAsync(server, job, 0, 0);
            held.Add(((double)report.Erased / report.Lines, GC.GetTotalMemory(forceFullCollection: true)));
        }

        Assert.Equal((0, null), await run is var ended ? (ended.Pending, ended.Problem) : default);
        return (Nearest(0.1), Nearest(0.9));

        long Nearest(double done) => held.MinBy(h => Math.Abs(h.Done - done)).Bytes;
    }

    private static async Task<ErasureJobReport> ReadAsync(
        TestService server, ReadOnlyMemory<byte> job, int after, int limit) =>
        (await server.Service.Erasures.Jobs.ReadAsync(job, TestAccount.DefaultApp, after, limit, default))!;
}

/// <summary>Runs when no other test of the project does.</summary>
[CollectionDefinition(LargeJobTests.Alone, DisableParallelization = true)]
public sealed class AloneInThisProcess;
