using System.CommandLine;
using System.Text.Json.Nodes;
using KeyRecovery.Cli.Failures;
using KeyRecovery.Cli.Invocation;
using KeyRecovery.Cli.Output;
using KeyRecovery.Protocol.Vault;

namespace KeyRecovery.Cli.Commands;

/// <summary><c>code remove</c>: removes every recovery code of the account.</summary>
internal static class CodeRemoveCommand
{
    public static Command Make() =>
        new Command("remove", "Removes every recovery code of the account")
            .Runs((context, _, ct) => RunAsync(context, ct));

    private static async Task RunAsync(CliContext context, CancellationToken ct)
    {
        using var opened = await context.OpenAsync(ct);
        var vault = opened.Session;
        var isLastWay = vault.Authorities.All(a => a.Kind is AuthorityKind.Code || a.IsThisDevice);
        if (isLastWay && vault.Authorities.Length > 1 && context.Ask.CanAsk
            && !await context.Ask.YesAsync(
                "Without a code nothing brings the account back when this device is lost. Remove it?", ct))
        {
            throw new CommandException(new CliFailure("cancelled", "nothing was removed"));
        }
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
