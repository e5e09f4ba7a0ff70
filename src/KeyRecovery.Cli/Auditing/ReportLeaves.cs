using System.Collections.Immutable;
using KeyRecovery.Protocol.Audit.Log;

namespace KeyRecovery.Cli.Auditing;

/// <summary>Collects, on a walk through a log, what a report is about: leaves about erasures since a time.</summary>
/// <param name="from">Since when, in seconds since 1970.</param>
/// <param name="to">The end of the period, in which leaves of all kinds are counted.</param>
internal sealed class ReportLeaves(ulong from, ulong to)
{
    private readonly SortedDictionary<string, ulong> _events = new(StringComparer.Ordinal);

    /// <summary>The leaves with their hashes, by their places.</summary>
    public List<(ReportLeaf Leaf, Hash256 Hash, AuditLeaf Logged)> All { get; } = [];

    /// <summary>How many leaves of each kind there are in the period.</summary>
    public ImmutableSortedDictionary<string, ulong> Events =>
        _events.ToImmutableSortedDictionary(StringComparer.Ordinal);

    public void Take(ulong index, AuditLeaf leaf)
    {
        if (leaf.Time < from) return;
        if (leaf.Time < to)
        {
            var word = ReportJson.Word(leaf.Event);
            _events[word] = _events.GetValueOrDefault(word) + 1;
        }

        if (leaf.Event is AuditEvent.ErasureRequested or AuditEvent.ErasureCancelled or AuditEvent.Erased
            or AuditEvent.ErasedEverywhere)
            All.Add((new ReportLeaf(leaf.Event, index, leaf.Time), MerkleTree.LeafHash(leaf.Encode()), leaf));
    }
}
