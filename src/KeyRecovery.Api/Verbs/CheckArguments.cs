using System.Globalization;

namespace KeyRecovery.Api.Verbs;

/// <summary>The switches of <c>check</c>.</summary>
/// <param name="Json">Whether the report is one JSON object.</param>
/// <param name="Sweep">Whether to sweep first.</param>
/// <param name="Brake">Whether the sweep stops before the data of many accounts.</param>
/// <param name="OlderThan">How old an orphan must be; null for what the options say.</param>
/// <param name="Rest">Everything else: settings.</param>
internal sealed record CheckArguments(bool Json, bool Sweep, bool Brake, TimeSpan? OlderThan, string[] Rest)
{
    private const int MostMinutes = 60 * 24 * 365;

    public static CheckArguments Parse(string[] args)
    {
        var parsed = new CheckArguments(false, false, true, null, []);
        var rest = new List<string>();
        for (var i = 0; i < args.Length; i++)
        {
            switch (args[i])
            {
                case "--json":
                    parsed = parsed with { Json = true };
                    break;
                case "--sweep":
                    parsed = parsed with { Sweep = true };
                    break;
                case "--sweep-anyway":
                    parsed = parsed with { Sweep = true, Brake = false };
                    break;
                case "--older-than-minutes":
                    parsed = parsed with { OlderThan = Minutes(++i < args.Length ? args[i] : "") };
                    break;
                default:
                    rest.Add(args[i]);
                    break;
            }
        }

        if (parsed is { OlderThan: not null, Sweep: false }) throw new UsageException("--older-than-minutes goes with --sweep");
        return parsed with { Rest = [.. rest] };
    }

    private static TimeSpan Minutes(string text) =>
        int.TryParse(text, NumberStyles.None, CultureInfo.InvariantCulture, out var minutes) && minutes <= MostMinutes
            ? TimeSpan.FromMinutes(minutes)
            : throw new UsageException($"--older-than-minutes takes a number from 0 to {MostMinutes}");
}
