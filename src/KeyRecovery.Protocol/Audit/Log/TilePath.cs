using System.Diagnostics.CodeAnalysis;
using System.Globalization;

namespace KeyRecovery.Protocol.Audit.Log;

/// <summary>Where a tile or an entry bundle is, below a log's prefix (C2SP tlog-tiles).</summary>
/// <param name="Level">0 to 63 of a tile; null of an entry bundle.</param>
/// <param name="Number">Its number in its level, from 0.</param>
/// <param name="Width">How many hashes or entries it has: 1 to 256.</param>
public readonly record struct TilePath(int? Level, ulong Number, int Width)
{
    /// <summary>What a full one has: 256.</summary>
    public const int FullWidth = 256;

    private const int MaxLevel = 63;
    private const int MaxLength = 64;

    /// <summary>A tile of the tree.</summary>
    public static TilePath Tile(int level, ulong number, int width) => new(level, number, width);

    /// <summary>A bundle of entries.</summary>
    public static TilePath Entries(ulong number, int width) => new(null, number, width);

    /// <summary>Reads a path; there is one spelling of each.</summary>
    public static bool TryParse([NotNullWhen(true)] string? text, out TilePath path)
    {
        path = default;
        if (text is null || text.Length > MaxLength) return false;
        var parts = text.Split('/');
        if (parts.Length < 3 || parts[0] != "tile") return false;
        var width = FullWidth;
        var last = parts.Length;
        if (parts[^2].EndsWith(".p", StringComparison.Ordinal))
        {
            if (!int.TryParse(parts[^1], NumberStyles.None, CultureInfo.InvariantCulture, out width)) return false;
            parts[^2] = parts[^2][..^2];
            last--;
        }

        var number = 0UL;
        foreach (var part in parts[2..last])
        {
            if (!ushort.TryParse(part.TrimStart('x'), NumberStyles.None, CultureInfo.InvariantCulture, out var group)
                || group > 999 || number > ulong.MaxValue / 1000 - 1) return false;
            number = number * 1000 + group;
        }

        var isEntries = parts[1] == "entries";
        var level = 0;
        if (!isEntries && !int.TryParse(parts[1], NumberStyles.None, CultureInfo.InvariantCulture, out level))
            return false;
        if (level > MaxLevel || width is < 1 or > FullWidth) return false;
        path = new TilePath(isEntries ? null : level, number, width);
        return path.ToString() == text;
    }

    /// <summary>The path, <c>tile/0/x001/234.p/5</c> for example.</summary>
    public override string ToString()
    {
        var number = (Number % 1000).ToString("000", CultureInfo.InvariantCulture);
        for (var rest = Number / 1000; rest > 0; rest /= 1000) number = $"x{rest % 1000:000}/{number}";
        var level = Level?.ToString(CultureInfo.InvariantCulture) ?? "entries";
        return Width == FullWidth ? $"tile/{level}/{number}" : $"tile/{level}/{number}.p/{Width}";
    }
}
