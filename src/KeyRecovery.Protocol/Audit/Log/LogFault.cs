using System.Globalization;

namespace KeyRecovery.Protocol.Audit.Log;

/// <summary>Why a log does not come out, and at which leaves.</summary>
/// <param name="Kind">What is wrong.</param>
/// <param name="Path">The file, below the log's prefix.</param>
/// <param name="Index">The first leaf that is concerned, from 0.</param>
/// <param name="Last">The last one.</param>
public sealed record LogFault(LogFaultKind Kind, string Path, ulong Index, ulong Last)
{
    /// <summary>The checkpoint, in place of a tile's path.</summary>
    public const string Checkpoint = "checkpoint";

    private const string Entries = "tile/entries/";

    /// <summary>One sentence for a person, without a full stop.</summary>
    public string Message => string.Create(CultureInfo.InvariantCulture, $"{What} ({Leaves})");

    private string What => Kind switch
    {
        LogFaultKind.Missing => $"{Path} of the log is missing",
        LogFaultKind.Malformed => $"{Path} of the log is damaged: it has not as much in it as its name says",
        LogFaultKind.NotLeaf => $"{Path} of the log has an entry that is no leaf",
        LogFaultKind.NewerLeaf => $"{Path} of the log has a leaf of a newer version than this program knows",
        LogFaultKind.OtherLeaf when Path.StartsWith(Entries, StringComparison.Ordinal) =>
            $"{Path} of the log has another entry than its tile, and the tiles above it, say",
        LogFaultKind.OtherLeaf => $"{Path} of the log is not what its bundle of entries hashes to",
        LogFaultKind.OtherNode => $"{Path} of the log is not what the tile below it hashes to",
        LogFaultKind.OtherPolicy => $"{Path} of the log is not the policy that leaves name by its hash",
        LogFaultKind.OtherTree => "the log's files give another tree than a checkpoint says",
        _ => "the log ends before a checkpoint of it that was told",
    };

    private string Leaves => Index >= Last ? $"leaf {Index}" : $"leaves {Index} to {Last}";

    /// <summary>Of a tile or a bundle as a whole.</summary>
    internal static LogFault Of(LogFaultKind kind, TilePath path)
    {
        var height = LogReader.Height * (path.Level ?? 0);
        var (first, leaves) = (path.Number * TilePath.FullWidth << height, (ulong)path.Width << height);
        return new LogFault(kind, path.ToString(), first, first + (leaves - 1));
    }

    /// <summary>Of one hash or entry of a tile or a bundle.</summary>
    internal static LogFault At(LogFaultKind kind, TilePath path, int place)
    {
        var height = LogReader.Height * (path.Level ?? 0);
        var first = path.Number * TilePath.FullWidth + (ulong)place << height;
        return new LogFault(kind, path.ToString(), first, first + ((1UL << height) - 1));
    }
}
