using KeyRecovery.Api.CommandLine;

namespace KeyRecovery.Api.Verbs;

/// <summary>The switches of <c>check</c>.</summary>
/// <param name="Json">Whether the report is one JSON object.</param>
/// <param name="Sweep">Whether to sweep first.</param>
/// <param name="Brake">Whether the sweep stops before the data of many accounts.</param>
/// <param name="InactiveBrake">Whether the sweep stops before it erases many accounts that nobody uses.</param>
/// <param name="OlderThan">How old an orphan must be; null for what the options say.</param>
/// <param name="Rest">Everything else: settings.</param>
internal sealed record CheckArguments(
    bool Json, bool Sweep, bool Brake, bool InactiveBrake, TimeSpan? OlderThan, string[] Rest)
{
    private const int MostMinutes = 60 * 24 * 365;

    public static CheckArguments Parse(string[] args)
    {
        var switches = new Switches(args);
        var (json, anyway) = (switches.Has("--json"), switches.Has("--sweep-anyway"));
        var inactive = switches.Has("--inactive-anyway");
        var sweep = switches.Has("--sweep") || anyway || inactive;
        var minutes = switches.Number("--older-than-minutes", 0, MostMinutes);
        if (minutes is not null && !sweep) throw new UsageException("--older-than-minutes goes with --sweep");
        return new CheckArguments(
            json, sweep, !anyway, !inactive, minutes is { } old ? TimeSpan.FromMinutes(old) : null, switches.Rest);
    }
}
