using System.Text.RegularExpressions;

namespace KeyRecovery.Infra.Tests;

/// <summary>What Azure's rules look for in lines of a server and of its jobs.</summary>
internal static partial class AzureRules
{
    /// <summary>The query of each, by the rule's name.</summary>
    public static async Task<Dictionary<string, string>> QueriesAsync() =>
        (await BicepTests.ModuleAsync("alerts")).GetProperty("variables").GetProperty("lines").EnumerateArray()
            .ToDictionary(
                line => line.GetProperty("name").GetString()!, line => line.GetProperty("query").GetString()!);

    /// <summary>
    /// As Kusto reads it, as far as our queries go: lines that contain texts, whatever their case, joined by and, or by
    /// or.
    /// </summary>
    public static bool Finds(string query, string output)
    {
        Assert.Matches(Query(), query);
        var texts = Contains().Matches(query).Select(match => match.Groups[1].Value).ToList();
        return output.Split('\n').Any(line => query.Contains("' or ", StringComparison.Ordinal)
            ? texts.Any(text => line.Contains(text, StringComparison.OrdinalIgnoreCase))
            : texts.All(text => line.Contains(text, StringComparison.OrdinalIgnoreCase)));
    }

    [GeneratedRegex(
        "^ContainerAppConsoleLogs_CL [|] where Log_s contains '[^']+'( (and|or) Log_s contains '[^']+')?$")]
    private static partial Regex Query();

    [GeneratedRegex("contains '([^']+)'")]
    private static partial Regex Contains();
}
