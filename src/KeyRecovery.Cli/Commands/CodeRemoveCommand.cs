using System.CommandLine;
using System.Text.Json.Nodes;
using KeyRecovery.Cli.Invocation;
using KeyRecovery.Cli.Output;

namespace KeyRecovery.Cli.Commands;

/// <summary><c>code remove</c>: removes every recovery code of the account.</summary>
internal static class CodeRemoveCommand
{
    public static Command Make()
    {
        var yes = Consent.Option("Remove them without asking, also where they are the last way in");
        return new Command("remove", "Removes every recovery code of the account") { yes }
            .Runs((context, parsed, ct) => RunAsync(context, parsed.GetValue(yes), ct));
    }

    private static async Task RunAsync(CliContext context, bool yes, CancellationToken ct)
    {
        using var opened = await context.OpenAsync(ct);
        var vault = opened.Session;
        await Consent.BeforeLastWayAsync(context, vault, yes, a => a.Kind == AuthorityKind.Code, ct);
        var removed = context.Expect(await vault.RemoveCodesAsync(ct));
        context.Output.Result(
            new JsonObject { ["removed"] = removed, ["epoch"] = vault.Epoch },
            people =>
            {
                if (removed == 0) people.WriteLine("There was no recovery code.");
                else people.WriteLine(
                    $"{Words.Count(removed, "recovery code")} removed: the paper opens nothing any more. A new one: "
                    + "keyrecovery code create");
            });
    }
}
