using System.Collections.Immutable;

namespace KeyRecovery.Cli.Output;

/// <summary>The versions of an item, and which of them an undo took back.</summary>
internal static class ItemHistory
{
    /// <summary>Each version once, in the order in which they were told.</summary>
    /// <param name="versions">The current one, then those that lost their place, the last of them first.</param>
    public static ImmutableArray<(ItemVersionInfo Version, bool IsLeft)> Of(ImmutableArray<ItemVersionInfo> versions)
    {
        var told = ImmutableArray.CreateBuilder<(ItemVersionInfo, bool)>();
        var lowest = ulong.MaxValue;
        // Who was returned to has lost its place before, and is told for that time as well.
        foreach (var version in versions.DistinctBy(v => v.Hash))
        {
            // Back in time numbers fall. Where one does not, an undo has gone back below it since.
            var isLeft = version.Version >= lowest;
            if (!isLeft) lowest = version.Version;
            told.Add((version, isLeft));
        }
        return told.ToImmutable();
    }
}
