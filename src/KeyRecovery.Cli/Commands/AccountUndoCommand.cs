using System.Collections.Immutable;
using System.CommandLine;
using System.Text.Json.Nodes;
using KeyRecovery.Cli.Failures;
using KeyRecovery.Cli.Input;
using KeyRecovery.Cli.Invocation;
using KeyRecovery.Cli.Output;

namespace KeyRecovery.Cli.Commands;

/// <summary><c>account undo</c>: lists the account's earlier states, or returns to one of them.</summary>
internal static class AccountUndoCommand
{
    private sealed record Options(
        string To, string[] Remove, bool KeepEverybody, bool Everything, bool WithCode, bool DryRun, bool Yes);

    public static Command Make()
    {
        var to = PointChoice.Option("--to", "Return to this state: its number in the list, or how its hash begins");
        var remove = new Option<string[]>("--remove")
        {
            HelpName = "NAME|ID",
            Description = "Who goes with what it did since; may be repeated [default: who the state says, who wrote "
                + "what nobody can open, and what these added]",
        };
        var keep = new Option<bool>("--keep-everybody") { Description = "Remove nobody" };
        var everything = new Option<bool>("--everything")
        {
            Description = "Return every item, also those that nobody who is removed has changed",
        };
        var withCode = new Option<bool>("--with-code")
        {
            Description = "Sign with the recovery code: a device that is new to the account undoes nothing by itself",
        };
        var dryRun = new Option<bool>("--dry-run") { Description = "Show what would change, and change nothing" };
        var yes = new Option<bool>("--yes") { Description = "Undo without asking" };
        var command = new Command("undo", "Lists the account's earlier states, or returns to one (--to)")
        {
            to, remove, keep, everything, withCode, dryRun, yes,
        };
        command.Validators.Add(result =>
        {
            bool Has(Option option) => result.GetResult(option) is { Implicit: false };
            if (!Has(to) && new Option[] { remove, keep, everything, withCode, dryRun, yes }.Any(Has))
                result.AddError("say to which state: --to N");
            if (Has(keep) && Has(remove))
                result.AddError("--keep-everybody and --remove contradict each other");
        });
        return command.Runs((context, parsed, ct) => parsed.GetValue(to) is { } point
            ? UndoAsync(context, new Options(
                point, parsed.GetValue(remove) ?? [], parsed.GetValue(keep), parsed.GetValue(everything),
                parsed.GetValue(withCode), parsed.GetValue(dryRun), parsed.GetValue(yes)), ct)
            : ListAsync(context, ct));
    }

    private static async Task ListAsync(CliContext context, CancellationToken ct)
    {
        using var opened = await context.OpenAsync(ct);
        var names = new AuthorityNames(opened.Session.Authorities);
        var points = context.Expect(await opened.Session.ListRestorePointsAsync(ct));
        context.Output.Result(
            new JsonObject { ["points"] = points.Select((p, i) => RestorePointTable.Json(p, i + 1, names)).ToJson() },
            people =>
            {
                if (points.IsEmpty)
                {
                    people.WriteLine("There is no earlier state to return to.");
                    return;
                }
                RestorePointTable.Write(people, points, names);
                people.WriteLine(
                    "Nothing was changed. To see what one would change: keyrecovery account undo --to N --dry-run. To "
                    + "return to it: keyrecovery account undo --to N");
            });
    }

    private static async Task UndoAsync(CliContext context, Options options, CancellationToken ct)
    {
        if (!options.DryRun && !options.Yes && !context.Ask.CanAsk)
            throw new CommandException(
                CliFailure.Usage("an undo is asked for, or comes with --yes", "--dry-run shows what it would change."));
        context.TakesCode = !options.WithCode;
        using var opened = await context.OpenAsync(ct);
        var vault = opened.Session;
        var names = new AuthorityNames(vault.Authorities);
        var points = context.Expect(await vault.ListRestorePointsAsync(ct));
        var request = new UndoRequest(PointChoice.Find(points, "--to", options.To))
        {
            Remove = options.KeepEverybody ? [] : options.Remove is [] ? default : Whom(vault, options.Remove, points),
            Everything = options.Everything,
        };
        var plan = context.Expect(await vault.PlanUndoAsync(request, ct));
        if (options.DryRun)
        {
            TellPlan(context, plan, names, "Nothing was changed.");
            return;
        }
        if (vault.Spoiled is null && plan.Remove.IsEmpty && UndoTable.Unchanged(plan.Items) == plan.Items.Length)
        {
            TellPlan(context, plan, names, "There is nothing to undo, and nothing was changed.");
            return;
        }
        context.Output.Show(people =>
        {
            people.WriteLine($"Back to: {RestorePointTable.Why(request.Point, names)}.");
            UndoTable.Write(people, plan, names);
        });
        if (!options.Yes && !await context.Ask.YesAsync("Do it?", ct))
            throw new CommandException(new CliFailure("cancelled", "nothing was changed"));
        using var code = options.WithCode ? await new CodeInput(context.Ask).ReadAsync(ct) : null;
        var undone = code is null
            ? await vault.UndoAsync(request, ct)
            : await vault.UndoWithCodeAsync(request, code, await context.ReadTokenAsync(ct), ct);
        if (undone is Result<Undone>.Failed { Failure: { MayBeDone: true } open }) throw Unanswered(open);
        Tell(context, request.Point, context.Expect(undone), names);

        // An undo is a state to return to itself, and the first of the list: its number would take it back.
        CommandException Unanswered(ClientFailure why)
        {
            var failure = FailureText.Of(why, context);
            return new CommandException(failure with
            {
                Advice =
                [
                    .. failure.Advice,
                    "It may be done, and the numbers others by now. The same state once more, whatever came of this: "
                    + $"keyrecovery account undo --to {request.Point.Manifest}",
                ],
            });
        }
    }

    // Whoever was removed before has no name any more; what it did can still be taken back.
    private static ImmutableArray<AuthorityId> Whom(
        VaultSession vault, string[] values, ImmutableArray<RestorePointInfo> points)
    {
        ImmutableArray<AuthorityId> whom =
        [
            .. values.Select(v => AuthorityArgument.Find(
                vault, v, points.Select(p => p.Authority).OfType<AuthorityId>())).Distinct(),
        ];
        return whom.Contains(vault.Device)
            ? throw new CommandException(CliFailure.Usage("a device does not remove itself", "Nothing was changed."))
            : whom;
    }

    private static void TellPlan(CliContext context, UndoPlan plan, AuthorityNames names, string end) =>
        context.Output.Result(
            new JsonObject
            {
                ["changed"] = false, ["manifest"] = plan.Request.Point.Manifest.ToString(),
                ["remove"] = plan.Remove.Select(names.Json).ToJson(), ["items"] = UndoTable.Json(plan.Items).ToJson(),
                ["unchanged"] = UndoTable.Unchanged(plan.Items),
            },
            people =>
            {
                UndoTable.Write(people, plan, names);
                people.WriteLine(end);
            });

    private static void Tell(CliContext context, RestorePointInfo point, Undone undone, AuthorityNames names)
    {
        NotPutAgainText.Tell(context, undone.NotPutAgain);
        context.Output.Result(
            new JsonObject
            {
                ["changed"] = true,
                ["manifest"] = point.Manifest.ToString(),
                ["removed"] = undone.Removed.Select(names.Json).ToJson(),
                ["epoch"] = undone.Epoch,
                ["items"] = UndoTable.Json(undone.Items).ToJson(),
                ["unchanged"] = UndoTable.Unchanged(undone.Items),
                ["notPutAgain"] = undone.NotPutAgain.Select(NotPutAgainText.Json).ToJson(),
            },
            people =>
            {
                people.WriteLine(UndoTable.Tell(undone.Items, undone.NotPutAgain.Select(n => n.Name)));
                if (!undone.Removed.IsEmpty) people.WriteLine($"Locked out: {names.Of(undone.Removed)}.");
                people.WriteLine(
                    $"What is stored from now on is sealed under new keys (epoch {undone.Epoch}). What was taken back "
                    + "stays for a while: keyrecovery backup history NAME");
            });
    }
}
