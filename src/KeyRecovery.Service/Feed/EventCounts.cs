using System.Collections.Immutable;

namespace KeyRecovery.Service.Feed;

/// <summary>How many events there were of each kind.</summary>
public sealed class EventCounts
{
    private readonly ImmutableSortedDictionary<int, ulong> _counts;

    internal EventCounts(ImmutableSortedDictionary<int, ulong> counts) => _counts = counts;

    /// <summary>Of a kind, whatever device or slot it concerns.</summary>
    public ulong Of(AppEventKind kind) =>
        Of(kind, null) + Enum.GetValues<AuthorityKind>().Aggregate(0UL, (sum, of) => sum + Of(kind, of));

    /// <summary>Of a kind, of devices or slots of another.</summary>
    public ulong Of(AppEventKind kind, AuthorityKind? of) => _counts.GetValueOrDefault(AppCounts.Key(kind, of));
}
