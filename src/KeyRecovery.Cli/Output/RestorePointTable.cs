using System.Collections.Immutable;
using System.Text.Json.Nodes;

namespace KeyRecovery.Cli.Output;

/// <summary>The states that an account can be returned to, for people and for machines.</summary>
internal static class RestorePointTable
{
    public static JsonObject Json(RestorePointInfo point, int number, AuthorityNames names) => new JsonObject
    {
        ["number"] = number,
        ["manifest"] = point.Manifest.ToString(),
        ["version"] = point.Version,
        ["reason"] = point.Reason.ToJson(),
        ["authority"] = point.Authority is { } id ? names.Json(id) : null,
        ["at"] = point.At,
        ["until"] = point.Until,
        ["namedVersions"] = point.NamedVersions,
    };

    /// <summary>A number and two or three lines each: that fits any terminal.</summary>
    public static void Write(Terminal people, ImmutableArray<RestorePointInfo> points, AuthorityNames names)
    {
        var grid = new Grid().AddColumn(new GridColumn().NoWrap().RightAligned()).AddColumn();
        foreach (var (i, point) in points.Index())
        {
            var when = point.At is { } at ? $"{Words.Time(at)}, " : "";
            grid.AddRow(Terminal.Cell($"{i + 1}"), Terminal.Cell($"{when}{Why(point, names)}", Details(point)));
        }
        people.Write(grid);
    }

    /// <summary>Why a state is kept, which says what it is.</summary>
    public static string Why(RestorePointInfo point, AuthorityNames names) => point switch
    {
        { Reason: RestorePointReason.YoungAuthority, Authority: { } id } =>
            $"before {names.Of(id)}'s first change while it was new",
        { Reason: RestorePointReason.KeptHere } => "what this device kept",
        { Reason: RestorePointReason.Replaced } => "what the restored server had, before a device gave back more",
        _ => "before the account's devices changed",
    };

    private static string Details(RestorePointInfo point)
    {
        List<string> details = [Words.Hash(point.Manifest)];
        if (point.Until is { } until) details.Add($"kept until {Words.Time(until)}");
        if (point.NamedVersions > 0) details.Add($"with {Words.Count(point.NamedVersions, "later version")}");
        return Words.List(details);
    }
}
