using System.Collections.Immutable;
using System.CommandLine;
using System.Globalization;
using KeyRecovery.Cli.Failures;
using KeyRecovery.Cli.Input;

namespace KeyRecovery.Cli.Commands;

/// <summary>Which of the earlier states: by its number in the list, or by the beginning of its hash.</summary>
internal static class PointChoice
{
    private const string Advice = "keyrecovery account undo lists what there is.";

    public static Option<string?> Option(string name, string description) =>
        new(name) { HelpName = "N|HASH", Description = description };

    public static RestorePointInfo Find(ImmutableArray<RestorePointInfo> points, string option, string value)
    {
        var isNumber = int.TryParse(value, NumberStyles.None, CultureInfo.InvariantCulture, out var number);
        if (isNumber && number >= 1 && number <= points.Length) return points[number - 1];
        // A number that is no number of the list may begin a hash.
        if (isNumber && !points.Any(p => p.Manifest.ToString().StartsWith(value, StringComparison.Ordinal)))
            throw new CommandException(CliFailure.Usage(
                points.IsEmpty
                    ? "the server keeps no earlier state" : $"{option} takes 1 to {points.Length}, or a hash",
                Advice, "Nothing was changed."));
        return HashBeginning.Find(points, p => p.Manifest, option, value, Advice);
    }

    /// <summary>Asks by numbers.</summary>
    public static async Task<RestorePointInfo> AskAsync(
        ImmutableArray<RestorePointInfo> points, Ask ask, CancellationToken ct)
    {
        while (true)
        {
            var answer = (await ask.LineAsync("To which of these states? A number:", ct)).Trim();
            if (int.TryParse(answer, NumberStyles.None, CultureInfo.InvariantCulture, out var number)
                && number >= 1 && number <= points.Length)
                return points[number - 1];
            ask.Say($"One number, 1 to {points.Length}.");
        }
    }
}
