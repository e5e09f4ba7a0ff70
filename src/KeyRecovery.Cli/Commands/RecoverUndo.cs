using System.Collections.Immutable;
using System.Text.Json.Nodes;
using KeyRecovery.Cli.Failures;
using KeyRecovery.Cli.Invocation;
using KeyRecovery.Cli.Output;

namespace KeyRecovery.Cli.Commands;

/// <summary>The undo in a recovery: to which state, and whether the person wants what it would do.</summary>
internal static class RecoverUndo
{
    private static readonly CliFailure NoPoint = new("no-restore-point", "the server keeps no earlier state")
    {
        Advice =
        [
            "A device of the account keeps what it had: keyrecovery account undo there.",
            "Is none left? Then nothing of it opens any more: whoever runs the app erases the account, and you begin "
            + "anew.",
        ],
    };

    public static System.CommandLine.Option<string?> Option() => PointChoice.Option(
        "--undo", "Return to an earlier state as well, without who spoiled the account: its number, newest first, or "
            + "how its hash begins");

    /// <summary>
    /// The state that the option names; where the account is spoiled, the person's choice; null where none is needed.
    /// </summary>
    public static async Task<UndoRequest?> ChooseAsync(
        CliContext context, RecoverySession session, string? value, CancellationToken ct)
    {
        var spoiled = session.Spoiled;
        if (value is null && spoiled is null) return null;
        if (value is null && !context.Ask.CanAsk) context.Expect(spoiled);
        var names = new AuthorityNames(session.Authorities);
        var points = context.Expect(await session.ListRestorePointsAsync(ct));
        if (spoiled is not null && points.IsEmpty) throw new CommandException(NoPoint);
        if (value is not null) return new UndoRequest(PointChoice.Find(points, "--undo", value));
        context.Output.Show(people =>
        {
            people.WriteLine(
                $"{names.Of(spoiled!.By)} has written what nobody can open. The account comes back as it was before, "
                + "without who did it. Its earlier states:");
            RestorePointTable.Write(people, points, names);
        });
        var request = new UndoRequest(await PointChoice.AskAsync(points, context.Ask, ct));
        // Looked at before the person is asked who is lost: it has the names.
        context.Expect(await session.PlanUndoAsync(request, ct));
        return request;
    }

    /// <summary>Shows what it would do, and asks where a person is there.</summary>
    public static async Task<UndoPlan> PlanAsync(
        CliContext context, RecoverySession session, UndoRequest request, CancellationToken ct)
    {
        var plan = context.Expect(await session.PlanUndoAsync(request, ct));
        var names = new AuthorityNames(session.Authorities);
        context.Output.Show(people =>
        {
            people.WriteLine($"Back to: {RestorePointTable.Why(request.Point, names)}.");
            UndoTable.Write(people, plan, names);
        });
        if (context.Ask.CanAsk && !await context.Ask.YesAsync("Do it?", ct))
            throw new CommandException(new CliFailure("cancelled", "nothing was changed"));
        return plan;
    }

    /// <summary>For machines: what was planned, and what of it could not be done.</summary>
    public static JsonObject Json(
        UndoPlan plan, ImmutableArray<(string Name, ClientFailure Why)> notPutAgain) => new JsonObject
        {
            ["manifest"] = plan.Request.Point.Manifest.ToString(),
            ["items"] = UndoTable.Json(plan.Items).ToJson(),
            ["unchanged"] = UndoTable.Unchanged(plan.Items),
            ["notPutAgain"] = notPutAgain.Select(NotPutAgainText.Json).ToJson(),
        };

    /// <summary>Whom of those that were to go the account has no more.</summary>
    public static List<AuthorityInfo> Removed(RecoverySession session, UndoPlan plan, VaultSession vault)
    {
        HashSet<AuthorityId> left = [.. vault.Authorities.Select(a => a.Id)];
        return [.. session.Authorities.Where(a => plan.Remove.Contains(a.Id) && !left.Contains(a.Id))];
    }
}
