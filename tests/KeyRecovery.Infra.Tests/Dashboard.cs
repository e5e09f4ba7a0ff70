using System.Text.Json;
using System.Text.RegularExpressions;

namespace KeyRecovery.Infra.Tests;

/// <summary>What dashboard and alerts ask Prometheus for.</summary>
internal static partial class Dashboard
{
    // What Prometheus itself adds, and what a bucket is told by.
    private static readonly string[] Prometheus = ["le", "job", "instance", "up"];

    /// <summary>Each query, with the labels that its legend names.</summary>
    public static IEnumerable<(string Query, string Legend)> Queries()
    {
        using var board = JsonDocument.Parse(File.ReadAllText(Infra.Files("grafana", "keyrecovery.json").Single()));
        foreach (var panel in board.RootElement.GetProperty("panels").EnumerateArray())
        {
            if (!panel.TryGetProperty("targets", out var targets)) continue;
            foreach (var target in targets.EnumerateArray())
                yield return (
                    target.GetProperty("expr").GetString()!, target.GetProperty("legendFormat").GetString()!);
        }

        foreach (var line in File.ReadLines(Infra.Files("prometheus", "alerts.yml").Single()))
            if (line.Trim() is var rule && rule.StartsWith("expr: ", StringComparison.Ordinal))
                yield return (rule["expr: ".Length..], "");
    }

    /// <summary>What no server tells of it: names, and labels of what was told.</summary>
    /// <param name="query">The query.</param>
    /// <param name="legend">Its legend.</param>
    /// <param name="named">All names that there are.</param>
    /// <param name="told">The labels of those that were told.</param>
    public static IEnumerable<string> Unknown(
        string query, string legend, IReadOnlySet<string> named, IReadOnlyDictionary<string, HashSet<string>> told)
    {
        var names = Name().Matches(query).Select(match => match.Value).ToList();
        var labels = By().Matches(query).SelectMany(match => match.Groups[1].Value.Split(','))
            .Concat(Matcher().Matches(query).Select(match => match.Groups[1].Value))
            .Concat(InLegend().Matches(legend).Select(match => match.Groups[1].Value))
            .Select(label => label.Trim()).Where(label => !Prometheus.Contains(label)).ToList();
        if (names.Count == 0 && !query.StartsWith("up{", StringComparison.Ordinal)) yield return $"no name in {query}";
        foreach (var name in names)
        {
            if (!named.Contains(name)) yield return $"no {name}";
            else if (told.TryGetValue(name, out var has))
                foreach (var label in labels.Where(label => !has.Contains(label)))
                    yield return $"no {label} of {name}";
        }
    }

    [GeneratedRegex("(?:keyrecovery|http_server|kestrel|dotnet)_[a-z0-9_]+")]
    private static partial Regex Name();

    [GeneratedRegex(@"by \(([^)]*)\)")]
    private static partial Regex By();

    [GeneratedRegex(@"[{,]\s*([a-z_]+)\s*(?:=~|!~|!=|=)")]
    private static partial Regex Matcher();

    [GeneratedRegex(@"\{\{([a-z_]+)\}\}")]
    private static partial Regex InLegend();
}
