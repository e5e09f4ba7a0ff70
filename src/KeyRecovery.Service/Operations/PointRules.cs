using System.Collections.Immutable;
using KeyRecovery.Protocol.Vault;
using KeyRecovery.Service.Accounts;
using KeyRecovery.Service.Clocks;

namespace KeyRecovery.Service.Operations;

/// <summary>
/// Which restore points an account has after a change (docs/protocol.md §7): a pure function of its two states.
/// </summary>
internal static class PointRules
{
    private const int NewestLinks = 2;
    private const int DaysWithLinks = 14;
    private const int FirstReplaced = 8;
    private const int NewestReplaced = 8;
    private const ulong SecondsPerDay = 24 * 60 * 60;

    /// <summary>The points after a change.</summary>
    /// <param name="before">The state before it, which may become one.</param>
    /// <param name="next">The state after it.</param>
    /// <param name="by">Who signs the commit, with a link the link's signer; null for a repair, which makes none.
    /// </param>
    /// <param name="hasLink">Whether it has a link.</param>
    /// <param name="now">The server's clock.</param>
    public static ImmutableArray<RestorePointEntry> After(
        AccountState before, AccountState next, AccountAuthority? by, bool hasLink, Moment now)
    {
        var points = before.Points.Where(p => !p.HasEnded(now)).Select(p => Ending(p, next, now)).ToList();
        if (by?.IsYoung(now) is true && points.All(p => p.Authority != by.Id))
        {
            var until = by.TrustedFrom + RestorePointEntry.SecondsAfter;
            points.Add(Of(before, now) with { Authority = by.Id, Until = until });
        }

        if (hasLink && by?.IsYoung(now) is false)
        {
            points.Add(Of(before, now));
            var kept = KeptLinks([.. points.Where(p => p.IsOfLink)]);
            points.RemoveAll(p => p.IsOfLink && !kept.Contains(p));
        }

        return [.. points];
    }

    /// <summary>The points with a state in whose place a repair comes: for 30 days, the first 8 and the newest 8.
    /// </summary>
    public static ImmutableArray<RestorePointEntry> Replaced(
        ImmutableArray<RestorePointEntry> points, AccountState before, Moment now)
    {
        var replaced = points.Where(p => p.IsReplaced).ToList();
        if (replaced.Count == FirstReplaced + NewestReplaced) points = points.Remove(replaced[FirstReplaced]);
        return points.Add(Of(before, now) with
        {
            Head = before.SignedHead, Until = now.Latest + RestorePointEntry.SecondsAfter,
        });
    }

    private static RestorePointEntry Of(AccountState state, Moment now) => new(
        new ManifestPlace(state.ManifestVersion, state.ManifestHash), state.Chain.Sequence, state.Path.Newest,
        now.Steady, null, 0);

    // Who is removed while young is not going to be trusted: its time runs from now.
    private static RestorePointEntry Ending(RestorePointEntry point, AccountState next, Moment now) =>
        point.Authority is { } id && !next.Authorities.ContainsKey(id)
            ? point with { Until = Math.Min(point.Until, now.Latest + RestorePointEntry.SecondsAfter) } : point;

    private static HashSet<RestorePointEntry> KeptLinks(List<RestorePointEntry> oldestFirst) =>
    [
        .. oldestFirst.TakeLast(NewestLinks),
        .. oldestFirst.GroupBy(p => p.At / SecondsPerDay).TakeLast(DaysWithLinks).Select(day => day.First()),
    ];
}
