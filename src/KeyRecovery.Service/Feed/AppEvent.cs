using KeyRecovery.Protocol.Audit;

namespace KeyRecovery.Service.Feed;

/// <summary>One event of an app's feed, as it is told.</summary>
/// <param name="Number">Its place in the feed, from 0.</param>
/// <param name="Kind">What was done.</param>
/// <param name="Time">When, in seconds since 1970 by the server's clock.</param>
/// <param name="Leaf">The number of its leaf in the log; null where it has none.</param>
/// <param name="Of">The kind of the device or slot; null where it concerns none.</param>
/// <param name="Account">The account; null once it is erased.</param>
/// <param name="Authority">Which device or slot; null where it concerns none, and once the account is erased.</param>
/// <param name="Subject">The account's subject as it is now; null where it is gone or does not open.</param>
/// <param name="Erasure">The erasure; null where it is about none, or only tells that one is held or called off and the
/// account is erased.</param>
public sealed record AppEvent(
    ulong Number, AppEventKind Kind, ulong Time, ulong? Leaf, AuthorityKind? Of, AccountId? Account,
    AuthorityId? Authority, string? Subject, ErasureId? Erasure)
{
    /// <summary>
    /// Of one that nobody uses, the day (UTC) before which it is not erased; null of all else, and once it is erased.
    /// </summary>
    public DateOnly? ErasableOn { get; init; }
}
