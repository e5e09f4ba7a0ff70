using System.CommandLine;
using System.Text.Json.Nodes;
using KeyRecovery.Cli.Failures;
using KeyRecovery.Cli.Invocation;
using KeyRecovery.Cli.Output;

namespace KeyRecovery.Cli.Commands;

/// <summary><c>account restored</c>: what became of the account when its server was restored from a backup.</summary>
internal static class AccountRestoredCommand
{
    public static Command Make()
    {
        var goOn = new Option<bool>("--go-on")
        {
            Description = "Go on without what no device has brought back, where the server has waited three days",
        };
        var dismiss = new Option<bool>("--dismiss")
        {
            Description = "Forget what this device knew and the server does not have any more",
        };
        var yes = new Option<bool>("--yes") { Description = "Go on without asking" };
        var command = new Command(
            "restored", "Shows what is lost or back since the server was restored from a backup")
        {
            goOn, dismiss, yes,
        };
        return command.Runs((context, parsed, ct) =>
            RunAsync(context, parsed.GetValue(goOn), parsed.GetValue(dismiss), parsed.GetValue(yes), ct));
    }

    private static async Task RunAsync(
        CliContext context, bool goOn, bool dismiss, bool yes, CancellationToken ct)
    {
        if (goOn && !yes && !context.Ask.CanAsk)
            throw new CommandException(CliFailure.Usage("--go-on is asked for, or comes with --yes"));
        using var opened = await context.OpenAsync(ct, tellsRestore: false);
        var vault = opened.Session;
        var (restoredAt, behind, conflicts) = (vault.RestoredAt, vault.Behind, vault.Conflicts);
        if (goOn && behind is not null)
        {
            context.Output.Show(people => RestoreText.Write(people, restoredAt, behind, conflicts));
            if (!yes && !await context.Ask.YesAsync("Go on without what is missing?", ct))
                throw new CommandException(new CliFailure("cancelled", "nothing was changed"));
            context.Expect(await vault.GoOnAsync(ct));
        }

        if (dismiss) context.Expect(await vault.DismissConflictsAsync(ct));
        var hasGoneOn = behind is not null && vault.Behind is null;
        context.Output.Result(
            new JsonObject
            {
                ["restoredAt"] = restoredAt,
                ["behind"] = vault.Behind is { } still ? RestoreText.Json(still) : null,
                ["hasGoneOn"] = hasGoneOn,
                ["conflicts"] = conflicts.Select(RestoreText.Json).ToJson(),
                ["dismissed"] = dismiss,
                ["epoch"] = vault.Epoch,
            },
            people =>
            {
                if (!hasGoneOn) RestoreText.Write(people, restoredAt, vault.Behind, conflicts);
                else
                    people.WriteLine(
                        "The account goes on. What is stored from now on is sealed under new keys "
                        + $"(epoch {vault.Epoch}).");
                if (dismiss) people.WriteLine("This device has forgotten what it knew beyond that.");
            });
    }
}
