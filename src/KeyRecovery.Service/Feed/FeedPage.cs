using System.Collections.Immutable;

namespace KeyRecovery.Service.Feed;

/// <summary>A page of an app's feed.</summary>
/// <param name="Events">The events, the oldest first.</param>
/// <param name="Next">Where the reader goes on.</param>
/// <param name="LeftOut">Whether events between the cursor and these are gone: older than 30 days, or lost with the
/// key store's newest rows.</param>
/// <param name="HasMore">Whether there are more already.</param>
public sealed record FeedPage(ImmutableArray<AppEvent> Events, FeedCursor Next, bool LeftOut, bool HasMore);
