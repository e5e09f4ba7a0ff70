using KeyRecovery.Service.Accounts;

namespace KeyRecovery.Service.Feed;

/// <summary>An app's quota, and how much of it is used.</summary>
/// <param name="Quota">The quota.</param>
/// <param name="Accounts">Accounts that are not erased: of the last count and what the feed has told since.</param>
/// <param name="Bytes">The sealed sizes of what they keep, in bytes, when they were counted last.</param>
/// <param name="CountedAt">When that was, in seconds since 1970; null before the first count.</param>
public sealed record QuotaUse(AppQuota Quota, ulong Accounts, ulong Bytes, ulong? CountedAt)
{
    internal static QuotaUse Of(AppQuota quota, AppFeedRow? row)
    {
        var (use, alive) = (row?.Use ?? AppUse.None, row?.Counts.Alive ?? 0);
        // What the feed has told since, of all instances; erased since then are fewer.
        var accounts = use.Accounts + alive;
        return new QuotaUse(
            quota, accounts > use.Alive ? accounts - use.Alive : 0, use.Bytes,
            use == AppUse.None ? null : use.CountedAt);
    }
}
