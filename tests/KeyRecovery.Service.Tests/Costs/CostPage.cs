using System.Globalization;
using System.Runtime.CompilerServices;

namespace KeyRecovery.Service.Tests.Costs;

/// <summary>The tables of docs/operations.md about what calls cost.</summary>
internal static class CostPage
{
    /// <summary>What it tells of each call.</summary>
    public static async Task<IReadOnlyList<CostRow>> ReadAsync() =>
        [.. (await LinesAsync("| call |")).Select(CostRow.Of)];

    /// <summary>The lines of the table whose head begins so.</summary>
    public static async Task<IReadOnlyList<string>> LinesAsync(string head, [CallerFilePath] string here = "")
    {
        var path = Path.Combine(Path.GetDirectoryName(here)!, "..", "..", "..", "docs", "operations.md");
        return [.. (await File.ReadAllLinesAsync(path))
            .SkipWhile(line => !line.StartsWith(head, StringComparison.Ordinal)).Skip(2)
            .TakeWhile(line => line.StartsWith('|'))];
    }
}

/// <summary>A line of that table.</summary>
/// <param name="Line">Without its goal.</param>
/// <param name="What">The call.</param>
/// <param name="Units">Request units.</param>
/// <param name="Goal">The most that it may cost; null where nothing is said.</param>
internal sealed record CostRow(string Line, string What, double Units, double? Goal)
{
    public static CostRow Of(string line) => line.Split('|') is [_, var what, var units, var trips, var goal, _]
        ? new CostRow(
            $"|{what}|{units}|{trips}|", what.Trim(), double.Parse(units, CultureInfo.InvariantCulture),
            double.TryParse(goal, CultureInfo.InvariantCulture, out var told) ? told : null)
        : throw new FormatException(line);
}
