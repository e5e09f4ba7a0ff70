using System.Collections.Immutable;
using KeyRecovery.Service.Accounts;
using KeyRecovery.Service.Clocks;

namespace KeyRecovery.Service.UseCases;

/// <summary>
/// What the restore points of an account name of its older versions (docs/protocol.md §7). Nothing of it is written
/// down: each entry of an item's history says who wrote the version, since when it was current, and who replaced it.
/// </summary>
internal sealed class PointNames
{
    private readonly ImmutableArray<RestorePointEntry> _points;

    private PointNames(ImmutableArray<RestorePointEntry> points) => _points = points;

    /// <summary>Those that have not ended.</summary>
    public static PointNames Of(AccountState state, Moment now) => new([.. state.Points.Where(p => !p.HasEnded(now))]);

    /// <summary>Whether the manifest of any point has the version.</summary>
    public bool Contain(HistoryEntry entry)
    {
        foreach (var point in _points) if (Has(point, entry)) return true;
        return false;
    }

    /// <summary>Whether a young point names the version beside its manifest.</summary>
    public bool Name(HistoryEntry entry)
    {
        foreach (var point in _points) if (Names(point, entry)) return true;
        return false;
    }

    /// <summary>Whether a young point tells the version.</summary>
    public bool Tell(HistoryEntry entry)
    {
        foreach (var point in _points) if (Tells(point, entry)) return true;
        return false;
    }

    /// <summary>The last to go where there is no room: what young points have or name.</summary>
    public TrimOrder OrderOf(HistoryEntry entry)
    {
        var order = TrimOrder.Unnamed;
        foreach (var point in _points)
        {
            if (Names(point, entry)) return TrimOrder.ByYoungPoint;
            if (!Has(point, entry)) continue;
            if (point.Authority is not null) return TrimOrder.ByYoungPoint;
            order = TrimOrder.ByLinkPoint;
        }

        return entry.Origin.Writer.IsYoung ? TrimOrder.Young : order;
    }

    /// <summary>Whether the manifest of a point has the version.</summary>
    public static bool Has(RestorePointEntry point, HistoryEntry entry) =>
        entry.Origin.Since <= point.Manifest.Version && point.Manifest.Version < entry.Manifest.Version;

    /// <summary>
    /// Whether a young point tells the version: its authority replaced or deleted it, since the point and while it was
    /// young itself, and it stands in the point's manifest or a trusted writer wrote it.
    /// </summary>
    public static bool Tells(RestorePointEntry point, HistoryEntry entry) =>
        point.Authority is { } id && entry.By.Id == id && entry.By.IsYoung
            && entry.Manifest.Version > point.Manifest.Version && (Has(point, entry) || !entry.Origin.Writer.IsYoung);

    /// <summary>Whether a young point keeps the version beside those of its manifest.</summary>
    public static bool Names(RestorePointEntry point, HistoryEntry entry) =>
        Tells(point, entry) && !Has(point, entry);
}

/// <summary>In which order older versions go where there is no room.</summary>
internal enum TrimOrder
{
    /// <summary>Somebody young wrote it, and no young point names it.</summary>
    Young,

    /// <summary>No point names it.</summary>
    Unnamed,

    /// <summary>Only points before links name it.</summary>
    ByLinkPoint,

    /// <summary>A young point names it, and somebody trusted has written the item anew since.</summary>
    ByYoungPointWrittenAnew,

    /// <summary>A young point names it.</summary>
    ByYoungPoint,
}
