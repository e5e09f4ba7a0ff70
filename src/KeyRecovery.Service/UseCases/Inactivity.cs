using KeyRecovery.Service.Accounts;
using KeyRecovery.Service.Clocks;
using KeyRecovery.Service.Feed;
using KeyRecovery.Service.Rows;
using KeyRecovery.Service.Stores;

namespace KeyRecovery.Service.UseCases;

/// <summary>
/// The apps' rules for accounts that nobody uses, as they are now. There is none where the app has set none, nor while
/// the server's clock is moved: then nobody is warned, and nobody erased.
/// </summary>
internal sealed class Inactivity(AppFeeds feeds, IAppPolicies policies, RestoreLog restores, ServerClock clock)
{
    private const ulong SecondsPerDay = 24 * 60 * 60;

    /// <summary>An app's rule for whoever looks at all its accounts now; that he looks is kept.</summary>
    /// <exception cref="StoreUnavailableException">A store cannot do it.</exception>
    public async ValueTask<InactivityRule?> WatchAsync(string app, CancellationToken ct) => PolicyOf(app) is { } policy
        ? await RuleAsync(policy, await feeds.WatchAsync(app, clock.Now.EarliestDay, ct), ct) : null;

    /// <summary>An app's rule; null also where nobody has looked for some days.</summary>
    /// <exception cref="StoreUnavailableException">A store cannot answer.</exception>
    public async ValueTask<InactivityRule?> ReadAsync(string app, CancellationToken ct) =>
        PolicyOf(app) is { } policy && (await feeds.ReadAsync(app, ct))?.Watch is { } watch
            && watch.Reaches(clock.Now.EarliestDay) ? await RuleAsync(policy, watch, ct) : null;

    private InactivityPolicy? PolicyOf(string app) => clock.Problem is null ? policies.Of(app).Inactive : null;

    private async ValueTask<InactivityRule> RuleAsync(
        InactivityPolicy policy, InactivityWatch watch, CancellationToken ct) => new(
            policy, watch, ((await restores.ReadAsync(ct)).Keys?.Time ?? 0) / SecondsPerDay, clock.Now);
}
