using KeyRecovery.Protocol.Wire;
using KeyRecovery.Service.Accounts;
using KeyRecovery.Service.Errors;
using KeyRecovery.Service.Feed;
using KeyRecovery.Service.Tests.Support;
using KeyRecovery.Testing;

namespace KeyRecovery.Service.Tests.Feed;

/// <summary>Reads feeds and counts as an app's back end does.</summary>
internal static class FeedWorld
{
    public static string App => TestAccount.DefaultApp;

    /// <summary>All that is behind a cursor, by pages of so many, and where the reader stands then.</summary>
    public static async Task<(List<AppEvent> Events, FeedCursor Next)> ReadAllAsync(
        this KeyRecoveryService service, FeedCursor after = default, int limit = 7)
    {
        var all = new List<AppEvent>();
        while (true)
        {
            var page = await service.Feed.ReadAsync(App, after, limit, default);
            Assert.InRange(page.Events.Length, 0, limit);
            Assert.False(page.LeftOut);
            all.AddRange(page.Events);
            after = page.Next;
            if (page.HasMore) continue;
            Assert.Equal(all.Select((_, i) => all[0].Number + (ulong)i), all.Select(one => one.Number));
            return (all, after);
        }
    }

    /// <summary>What was counted is what was told, each once.</summary>
    public static async Task CountsAreOfAsync(this KeyRecoveryService service, IReadOnlyCollection<AppEvent> told)
    {
        var counts = await service.Statistics.ReadAsync(App, default);
        foreach (var kind in Enum.GetValues<AppEventKind>())
        {
            var expected = (ulong)told.Count(one => one.Kind == kind);
            Assert.Equal(expected, counts.All.Of(kind));
            Assert.Equal(expected, counts.Days.Aggregate(0UL, (sum, day) => sum + day.Counts.Of(kind)));
        }
    }

    public static async Task DoAsync(
        this TestService server, TestAccount account, TestAuthority by, AccountChange change) =>
        Assert.IsType<Outcome<Heads>.Done>(await server.CommitAsync(account, by, account.Commit(by, change)));
}
