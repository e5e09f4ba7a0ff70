using System.CommandLine;
using System.Text.Json.Nodes;
using KeyRecovery.Cli.Failures;
using KeyRecovery.Cli.Invocation;
using KeyRecovery.Cli.Output;
using KeyRecovery.Protocol.Wire;

namespace KeyRecovery.Cli.Commands;

/// <summary><c>activity</c>: what was done to the account, by whom and from where, as the server's log proves it.
/// </summary>
internal static class ActivityCommand
{
    private const int ByDefault = 20;
    private const int Most = 1_000;

    public static Command Make()
    {
        var limit = NumberOption.Make<int>(
            "--limit", "N", $"How many, the newest first [default: {ByDefault}]", $"1 to {Most}", 1, Most);
        var before = NumberOption.Make<ulong>("--before", "N", "Only what comes before number N: the next page");
        var dismiss = new Option<bool>("--dismiss")
        {
            Description = "Forget the warning that something does not hold, once you know why",
        };
        var newLog = new Option<bool>("--new-log")
        {
            Description = "Take the server's log as it is now, where its operator says that it was begun anew",
        };
        return new Command("activity", "Shows what was done to the account, by whom and from where, with proofs")
        {
            limit, before, dismiss, newLog,
        }.Runs((context, parsed, ct) => RunAsync(
            context, parsed.GetValue(limit) ?? ByDefault, parsed.GetValue(before), parsed.GetValue(dismiss),
            parsed.GetValue(newLog), ct));
    }

    private static async Task RunAsync(
        CliContext context, int limit, ulong? before, bool dismiss, bool newLog, CancellationToken ct)
    {
        if (newLog) context.Expect(await context.Client.ForgetLogAsync(ct));
        using var opened = await context.OpenAsync(ct, tellsLog: !dismiss);
        var vault = opened.Session;
        if (dismiss) context.Expect(await vault.Log.DismissFindingAsync(ct));
        var told = await vault.Log.ActivityAsync(before, limit, ct);
        if (told is Result<AccountActivity>.Failed { Failure: ClientFailure.Refused { Type: ProblemTypes.NotFound } })
            throw new CommandException(
                new CliFailure(ProblemTypes.NotFound, "this server does not tell what was done to an account")
                {
                    Advice = ["It is older than this program, perhaps. What there is now: keyrecovery account show"],
                });
        var activity = context.Expect(told);
        context.Output.Result(
            new JsonObject
            {
                ["log"] = activity.Log,
                ["logSize"] = activity.LogSize,
                ["before"] = activity.Before,
                ["finding"] = vault.Log.Finding is { } finding ? LogText.Json(finding) : null,
                ["entries"] = activity.Entries.Select(ActivityTable.Json).ToJson(),
            },
            people => Tell(people, activity, limit));
    }

    private static void Tell(Terminal people, AccountActivity activity, int limit)
    {
        ActivityTable.Write(people, activity, DateTimeOffset.UtcNow);
        people.WriteLine(activity.Log is null
            ? "The server keeps no log: nothing of this is proved."
            : $"Checked against the log {activity.Log}, of {Words.Count((long)activity.LogSize, "leaf", "leaves")}, "
                + "which goes on from what this device knew.");
        if (activity.Log is not null && activity.Entries.Any(e => !e.IsProved))
            people.WriteLine("What is not proved yet is so in a moment, as a rule: run it again.");
        if (activity.Before is { } older)
            people.WriteLine($"Older ones: keyrecovery activity --before {older}"
                + (limit == ByDefault ? "" : $" --limit {limit}"));
    }
}
