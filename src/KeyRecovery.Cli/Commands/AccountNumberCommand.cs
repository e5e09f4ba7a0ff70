using System.CommandLine;
using System.Text;
using System.Text.Json.Nodes;
using KeyRecovery.Cli.Failures;
using KeyRecovery.Cli.Files;
using KeyRecovery.Cli.Input;
using KeyRecovery.Cli.Invocation;
using KeyRecovery.Cli.Kit;
using KeyRecovery.Cli.Output;
using KeyRecovery.Protocol.Wire;

namespace KeyRecovery.Cli.Commands;

/// <summary>
/// <c>account number</c>: the account's public keys for other people, and the number that both compare.
/// </summary>
internal static class AccountNumberCommand
{
    private const int GroupsOnLine = 4;

    // In base64url, with the line breaks that mail puts into it.
    private const int MaxText = 2 * IdentityStatement.MaxSize;

    private static readonly Style Strong = new(decoration: Decoration.Bold);

    public static Command Make()
    {
        var file = new Argument<string?>("STATEMENT")
        {
            Description = "A file with what the other one's keyrecovery account number tells; - for standard input",
            Arity = ArgumentArity.ZeroOrOne,
        };
        var output = new Option<string?>("--output", "-o")
        {
            HelpName = "FILE", Description = "Write this account's statement there, for the other one",
        };
        return new Command("number", "Tells this account's public keys, or compares them with another's")
        {
            file, output,
        }.Runs((context, parsed, ct) => RunAsync(context, parsed.GetValue(file), parsed.GetValue(output), ct));
    }

    private static async Task RunAsync(CliContext context, string? file, string? output, CancellationToken ct)
    {
        var other = file is null ? null : await ReadAsync(context, file, ct);
        using var opened = await context.OpenAsync(ct);
        using var identity = context.Expect(await opened.Session.Identity.OpenAsync(ct));
        var own = Base64UrlText.Encode(identity.Statement.Bytes.Span);
        var number = other is null ? null : identity.SafetyNumberWith(other);
        if (output is not null) await PrivateFile.WriteAsync(output, Encoding.ASCII.GetBytes(own + "\n"), ct);
        context.Output.Result(
            new JsonObject
            {
                ["accountId"] = identity.Account.ToString(),
                ["statement"] = own,
                ["file"] = output,
                ["otherAccountId"] = other?.Account.ToString(),
                ["number"] = number?.Digits,
            },
            people =>
            {
                if (number is not null) Tell(people, number);
                else if (output is null) people.WriteLine(own);
                if (output is not null) people.WriteLine($"This account's statement is in {output}.");
                if (number is null && output is not null)
                    people.WriteLine("Give it to the other one, and compare: keyrecovery account number FILE");
            });
    }

    private static void Tell(Terminal people, SafetyNumber number)
    {
        people.WriteLine("The other one has to see the very same number:");
        people.WriteLine();
        foreach (var line in number.ToString().Split(' ').Chunk(GroupsOnLine))
            people.WriteLine($"    {string.Join("  ", line)}", Strong);
        people.WriteLine();
        CodeCard.WriteQr(people, QrSymbol.OfNumber(number.Digits));
        people.WriteLine(
            "Where it differs, somebody stands between you. It changes when either of you has a device removed as "
            + "stolen.");
    }

    private static async Task<IdentityStatement> ReadAsync(
        CliContext context, string file, CancellationToken ct)
    {
        var bytes = await BoundedFile.ReadAsync(file, MaxText, _ => NotOne(file), ct);
        var text = string.Concat(Encoding.Latin1.GetString(bytes).Where(c => !char.IsWhiteSpace(c)));
        if (!Base64UrlText.TryDecodeUpTo(text, IdentityStatement.MaxSize, out var decoded))
            throw new CommandException(NotOne(file));
        if (IdentityStatement.TryRead(decoded, out var statement, out var fault)) return statement;
        throw new CommandException(fault switch
        {
            IdentityFault.UpgradeRequired =>
                FailureText.Of(new ClientFailure.UpgradeRequired(), context),
            IdentityFault.Signature =>
                new CliFailure("statement", $"{file} is not signed by the key that it names: ask for another one"),
            _ => NotOne(file),
        });
    }

    private static CliFailure NotOne(string file) =>
        new("statement", $"{file} is no statement: the other one's keyrecovery account number -o FILE makes it");
}
