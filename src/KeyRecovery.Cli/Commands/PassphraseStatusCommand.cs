using System.CommandLine;
using System.Text.Json.Nodes;
using KeyRecovery.Cli.Invocation;
using KeyRecovery.Cli.Output;

namespace KeyRecovery.Cli.Commands;

/// <summary><c>passphrase status</c>: how it stands at every realm, and who has guessed.</summary>
internal static class PassphraseStatusCommand
{
    public static Command Make() =>
        new Command("status", "Shows how the passphrase stands at every server, and every guess that was made")
        .Runs((context, _, ct) => RunAsync(context, ct));

    private static async Task RunAsync(CliContext context, CancellationToken ct)
    {
        using var opened = await context.OpenAsync(ct);
        var status = context.Expect(await opened.Session.Passphrase.StatusAsync(ct));
        context.Output.Result(
            new JsonObject { ["set"] = status.Length > 0, ["guessesLeft"] = PassphraseTable.GuessesLeft(status),
                ["realms"] = status.Select(PassphraseTable.Json).ToJson() },
            people =>
            {
                if (status.IsEmpty)
                    people.WriteLine("The account has no passphrase. To set one: keyrecovery passphrase set");
                else PassphraseTable.Write(people, status);
            });
    }
}
