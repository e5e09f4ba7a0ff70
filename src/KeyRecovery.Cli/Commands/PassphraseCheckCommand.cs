using System.CommandLine;
using System.Text.Json.Nodes;
using KeyRecovery.Cli.Input;
using KeyRecovery.Cli.Invocation;
using KeyRecovery.Cli.Output;

namespace KeyRecovery.Cli.Commands;

/// <summary><c>passphrase check</c>: the drill. One guess, as somebody who lost everything would make it.</summary>
internal static class PassphraseCheckCommand
{
    public static Command Make() =>
        new Command("check", "Proves that your passphrase brings everything back today; a wrong one counts as a guess")
        .Runs((context, _, ct) => RunAsync(context, ct));

    private static async Task RunAsync(CliContext context, CancellationToken ct)
    {
        var token = await context.NeedTokenAsync(ct);
        using var passphrase = await new PassphraseInput(context.Ask).ReadAsync(ct);
        using var opened = await context.OpenAsync(ct);
        var manager = opened.Session.Passphrase;
        var check = context.Expect(await manager.CheckAsync(passphrase, token, ct));
        foreach (var report in check.Reports) context.Output.Note(report.Reason);
        var status = context.Expect(await manager.StatusAsync(ct));
        context.Output.Result(
            new JsonObject
            {
                ["ok"] = true, ["items"] = check.Items, ["guessesLeft"] = PassphraseTable.GuessesLeft(status),
                ["realmsWithoutUse"] = check.Reports.Select(
                    r => new JsonObject { ["realm"] = r.Realm, ["fault"] = Words.Kebab(r.Fault.ToString()) }).ToJson(),
            },
            people =>
            {
                people.WriteLine(
                    $"The passphrase works: it opened the account's key just now, for "
                    + $"{Words.Count(check.Items, "item")}. Nothing was changed.");
                people.WriteLine($"All {PassphraseTable.GuessesLeft(status)} guesses are there again.");
            });
    }
}
