using KeyRecovery.Service.Accounts;

namespace KeyRecovery.Service.Feed;

/// <summary>Reads what was counted: one row of the key store, however many accounts there are.</summary>
public sealed class StatisticsReader
{
    private const ulong DaysTold = 30;

    private readonly AppFeeds _feeds;
    private readonly IAppPolicies _policies;
    private readonly Func<ulong> _now;

    internal StatisticsReader(AppFeeds feeds, IAppPolicies policies, Func<ulong> now) =>
        (_feeds, _policies, _now) = (feeds, policies, now);

    /// <summary>What was counted of an app.</summary>
    /// <exception cref="Stores.StoreUnavailableException">The store cannot answer.</exception>
    public async ValueTask<AppStatistics> ReadAsync(string app, CancellationToken ct)
    {
        var row = await _feeds.ReadAsync(app, ct);
        var today = AppCounts.DayOf(_now());
        var quota = _policies.Of(app).Quota;
        var counts = row?.Counts ?? AppCounts.None;
        return new AppStatistics(
            app, row?.Since, new EventCounts(counts.All),
            [.. counts.Days.Where(day => day.Key + DaysTold > today)
                .Select(day => (day.Key, new EventCounts(day.Value)))],
            quota.IsNone ? null : QuotaUse.Of(quota, row));
    }
}
