using System.Collections.Immutable;

namespace KeyRecovery.Service.Feed;

/// <summary>What was counted of an app (docs/protocol.md §20): each logged event once.</summary>
/// <param name="App">The app.</param>
/// <param name="Since">Since when it is counted, in seconds since 1970; null where nothing was yet.</param>
/// <param name="All">In all.</param>
/// <param name="Days">On each of the last 30 days on which something was, the oldest first; UTC, in days since 1970.
/// </param>
/// <param name="Use">How much of its quota is used; null where it has none.</param>
public sealed record AppStatistics(
    string App, ulong? Since, EventCounts All, ImmutableArray<(ulong Day, EventCounts Counts)> Days, QuotaUse? Use);
