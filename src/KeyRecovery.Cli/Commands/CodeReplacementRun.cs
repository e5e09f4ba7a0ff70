using System.Text.Json.Nodes;
using KeyRecovery.Cli.Invocation;
using KeyRecovery.Cli.Kit;
using KeyRecovery.Cli.Output;

namespace KeyRecovery.Cli.Commands;

/// <summary><c>code create --replace</c> by the signature of the code that goes.</summary>
internal static class CodeReplacementRun
{
    private const string Finishing =
        "To finish: the same command once more, and type the new code where it asks for one";

    public static async Task RunAsync(
        CliContext context, CodeHolder holder, RecoveryCode code, KitFile? kit, bool anew, CancellationToken ct)
    {
        using var slot = code.DeriveSlot();
        var codes = holder.Authorities().Where(a => a.Kind == AuthorityKind.Code).ToList();
        if (codes.Find(a => a.Id == slot.Id) is not { } own)
        {
            context.Expect(new ClientFailure.NotOfThisAccount());
            return;
        }
        var names = new AuthorityNames(holder.Authorities());
        // Only a replacement has a code add a code.
        if (!anew && codes.Exists(a => a.Id == own.AddedBy))
        {
            var done = context.Expect(await holder.Finish(ct));
            Tell(context, holder, done, names, null);
            return;
        }
        if (!anew && codes.Find(a => a.AddedBy == own.Id) is { } begun)
        {
            if (!context.Ask.CanAsk || !await context.Ask.YesAsync(
                $"A new code was put in this one's place on {Words.Time(begun.Added)}, and this one is still there. "
                + "Typing the new one finishes that. Is the new one lost, so that another is to be made?", ct))
                context.Expect(new ClientFailure.ReplacementBegun(own.Id, begun.Id, begun.Added));
            anew = true;
        }
        using var fresh = FreshCode.Make(context, holder.Account, kit);
        var replaced = await fresh.CommitAsync(() => holder.Replace(fresh.Code, anew, ct), Finishing, ct);
        Tell(context, holder, replaced, names, fresh);
    }

    private static void Tell(
        CliContext context, CodeHolder holder, Revocation done, AuthorityNames names, FreshCode? fresh)
    {
        var cameIn = done.Plan.Stays.Where(s => s.Reason == RevocationReason.Kept).ToList();
        context.Output.Result(
            new JsonObject
            {
                ["code"] = fresh?.Display,
                ["accountId"] = holder.Account.ToString(),
                ["codes"] = done.Plan.SlotsLeft.Length,
                ["replaced"] = done.Removed.Length,
                ["kit"] = fresh?.KitPath,
                ["finished"] = fresh is null,
                ["removed"] = RevocationTable.Json(done.Plan.Goes).ToJson(),
                ["cameIn"] = RevocationTable.Json(cameIn).ToJson(),
                ["epoch"] = done.Epoch,
            },
            people =>
            {
                people.WriteLine(
                    (fresh is null
                        ? "The code that you typed has taken the place of the older one"
                        : "The new code is the account's now, and has removed the one that you typed")
                    + $": throw the old paper away (epoch {done.Epoch}).");
                RevocationTable.WriteGoes(people, done.Plan.Goes.Skip(1), names);
                if (cameIn.Count > 0)
                    people.WriteLine(
                        $"Came in by the old code, and stays: {names.Of(cameIn.Select(s => s.Id))}. Is one not yours? "
                        + "keyrecovery device revoke NAME --stolen --with-code");
            });
    }
}
