using System.Diagnostics;
using System.Security.Cryptography;
using KeyRecovery.Protocol.Wire;
using KeyRecovery.Service.Feed;
using KeyRecovery.Service.Rows;
using KeyRecovery.Service.Stores;
using KeyRecovery.Testing.Hosting;

namespace KeyRecovery.Benchmarks;

/// <summary>
/// A page of an app's feed, of a hundred events of as many accounts as they come from, its counts, and a page of its
/// accounts, in stores of 1,000 and of 100,000 accounts in turn: none may know how many there are.
/// </summary>
internal static class FeedBenchmark
{
    private const int Real = 40;
    private const int Few = 1_000;
    private const int Many = 100_000;
    private const int EventsOfAccount = 3;
    private const int Chunk = 10_000;
    private const int OnPage = 50;
    private const int Rounds = 201;

    public static async Task RunAsync(Report report)
    {
        using var folder = new TempFolder();
        await using var few = await OpenAsync(folder["few"], Few);
        await using var many = await OpenAsync(folder["many"], Many);
        var (pages, counts) = ((new List<double>(), new List<double>()), (new List<double>(), new List<double>()));
        var lists = (new List<double>(), new List<double>());
        // The first ones do not count.
        for (var round = -20; round < Rounds; round++)
        {
            var (a, b) = (await TimeAsync(() => ReadAsync(few, Few)), await TimeAsync(() => ReadAsync(many, Many)));
            var (c, d) = (await TimeAsync(() => CountAsync(few, Few)), await TimeAsync(() => CountAsync(many, Many)));
            var (e, f) = (await TimeAsync(() => ListAsync(few, round)), await TimeAsync(() => ListAsync(many, round)));
            if (round < 0) continue;
            lists.Item1.Add(e);
            lists.Item2.Add(f);
            pages.Item1.Add(a);
            pages.Item2.Add(b);
            counts.Item1.Add(c);
            counts.Item2.Add(d);
        }

        report.Figure($"a page of the feed, 100 events, of {Few:N0} accounts", Throughput.Median(pages.Item1), "ms");
        report.Figure($"  of {Many:N0}", Throughput.Median(pages.Item2), "ms");
        report.AtMost("  ratio", Throughput.Median(pages.Item2) / Throughput.Median(pages.Item1), "", 1.3);
        report.Figure($"the counts of {Few:N0} accounts", Throughput.Median(counts.Item1), "ms");
        report.Figure($"  of {Many:N0}", Throughput.Median(counts.Item2), "ms");
        report.AtMost("  ratio", Throughput.Median(counts.Item2) / Throughput.Median(counts.Item1), "", 1.3);
        report.Figure(
            $"a page of accounts, {OnPage} of them with how each stands, of {Few:N0}", Throughput.Median(lists.Item1),
            "ms");
        report.Figure($"  of {Many:N0}", Throughput.Median(lists.Item2), "ms");
        report.AtMost("  ratio", Throughput.Median(lists.Item2) / Throughput.Median(lists.Item1), "", 1.3);
    }

    // The events of those that are rows alone come first, as they would have.
    private static async Task<ErasureWorld> OpenAsync(string folder, int accounts)
    {
        await ErasurePopulation.FillAsync(folder, Real, accounts);
        var world = await ErasureWorld.OpenAsync(folder, hasLog: true);
        var now = world.Service.Clock.Now.Wall;
        var feeds = new AppFeeds(world.Keys, SystemRandom.Instance, () => now);
        var events = (accounts - Real) * EventsOfAccount;
        for (var told = 0; told < events; told += Chunk)
            await feeds.TellAsync("before", (ulong)told + Chunk, Enumerable.Range(0, Math.Min(Chunk, events - told))
                .ToLookup(_ => ErasureWorld.App, i => new FeedEntry(now, (ulong)i, new SealedEvent(
                    AppEventKind.AccountCreated, null, RandomNumberGenerator.GetBytes(32),
                    RandomNumberGenerator.GetBytes(72)))), default);
        await FillListAsync(world, accounts - Real);
        await world.Service.Log!.OpenAsync(default);
        await world.Service.Log.PassAsync(default);
        return world;
    }

    private static async Task ReadAsync(ErasureWorld world, int accounts)
    {
        var first = await world.Service.Feed.ReadAsync(ErasureWorld.App, FeedCursor.None, 1, default);
        var behind = first.Next with { Next = (ulong)((accounts - Real) * EventsOfAccount) };
        var page = await world.Service.Feed.ReadAsync(ErasureWorld.App, behind, 100, default);
        if (page.Events.Length != 100 || page.Events.Any(one => one.Subject is null))
            throw new InvalidOperationException();
    }

    // Those that are rows alone have places in the list that lead to the real ones: a page of it costs the same.
    private static async Task FillListAsync(ErasureWorld world, int more)
    {
        using var lookups = new Lookups(world.Secrets.LookupKey, SystemRandom.Instance);
        var real = (await world.Service.Desk.PageAsync(ErasureWorld.App, null, Real, default))!.Accounts;
        var places = Enumerable.Range(0, more).Select(i => lookups.Ensure(
            lookups.Ids.AppAccount(ErasureWorld.App, new AccountId(RandomNumberGenerator.GetBytes(16))),
            real[i % Real].Account));
        foreach (var some in places.Chunk(Chunk))
            if (await world.Keys.WriteAsync(some, default) is not WriteResult.Written)
                throw new InvalidOperationException();
    }

    private static async Task ListAsync(ErasureWorld world, int round)
    {
        var first = (await world.Service.Desk.PageAsync(ErasureWorld.App, null, 1 + (Math.Abs(round) % 5), default))!;
        var page = (await world.Service.Desk.PageAsync(ErasureWorld.App, first.Next, OnPage, default))!;
        if (page.Accounts.Length != OnPage) throw new InvalidOperationException();
    }

    private static async Task CountAsync(ErasureWorld world, int accounts)
    {
        var counted = await world.Service.Statistics.ReadAsync(ErasureWorld.App, default);
        if (counted.All.Of(AppEventKind.AccountCreated) != (ulong)(((accounts - Real) * EventsOfAccount) + Real))
            throw new InvalidOperationException();
    }

    private static async Task<double> TimeAsync(Func<Task> work)
    {
        var watch = Stopwatch.StartNew();
        await work();
        return watch.Elapsed.TotalMilliseconds;
    }
}
