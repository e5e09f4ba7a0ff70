using System.CommandLine;
using KeyRecovery.Cli.Failures;
using KeyRecovery.Cli.Invocation;
using KeyRecovery.Cli.Kit;
using KeyRecovery.Cli.Output;
using KeyRecovery.Protocol.Recovery;
using KeyRecovery.Protocol.Vault;

namespace KeyRecovery.Cli.Commands;

/// <summary><c>code create</c>: adds a recovery code, or puts one in the place of the others.</summary>
internal static class CodeCreateCommand
{
    public static Command Make()
    {
        var kit = new Option<string?>("--kit") {
            HelpName = "FILE", Description = "Write the code as a page to print (HTML)",
        };
        var replace =
            new Option<bool>("--replace") { Description = "Remove the account's other codes in the same commit" };
        return new Command("create", "Makes a recovery code and shows it, once") { kit, replace }
            .Runs((context, parsed, ct) => RunAsync(context, parsed.GetValue(kit), parsed.GetValue(replace), ct));
    }

    private static async Task RunAsync(CliContext context, string? kitPath, bool replace, CancellationToken ct)
    {
        using var kit = KitFile.Open(kitPath);
        using var opened = await context.OpenAsync(ct);
        var vault = opened.Session;
        var before = Codes(vault);
        using var code = RecoveryCode.Generate(SystemRandom.Instance);
        var display = code.ToDisplayString();
        var added = await AddAsync(vault, code, replace, ct);
        if (added is Result<VaultSession>.Failed { Failure: ClientFailure.Transient } unknown)
            throw Unanswered(unknown.Failure, display, kit, vault, context);
        context.Expect(added);

        kit?.Write(new RecoveryKit(display, vault.Account, context.Server, context.App, DateTimeOffset.UtcNow));
        var codes = Codes(vault);
        context.Output.Result(
            new { code = display, accountId = vault.Account.ToString(), codes, replaced = replace
                ? before : 0, kit = kit?.Path },
            people =>
            {
                NewCode.Tell(people, display, kit?.Path);
                if (replace && before > 0)
                    people.WriteLine($"{Words.Count(before, "older code")} removed: throw the old paper away.");
                else if (codes > 1)
                    people.WriteLine(
                        $"The account has {codes} codes now, and each of them works. To keep only a new one: "
                        + "keyrecovery code create --replace");
            });
    }

    // What was sent may still be done when nobody waits for the answer any more.
    private static async Task<Result<VaultSession>> AddAsync(
        VaultSession vault, RecoveryCode code, bool replace, CancellationToken ct)
    {
        try
        {
            return await vault.AddCodeAsync(code, replace, ct);
        }
        catch (OperationCanceledException) when (ct.IsCancellationRequested)
        {
            return new ClientFailure.Transient("cancelled", null);
        }
    }

    // The account may rely on it, in place of the one on the old paper: it must not die with this process.
    private static CommandException Unanswered(
        ClientFailure failure, string display, KitFile? kit, VaultSession vault, CliContext context)
    {
        kit?.Write(new RecoveryKit(display, vault.Account, context.Server, context.App, DateTimeOffset.UtcNow));
        return new CommandException(
            new CliFailure("code-unanswered",
                $"{failure.Message}. The code may or may not be the account's by now: keep it, with the old one, "
                + "until the check says which works")
            {
                Details = new { code = display, kit = kit?.Path },
                Advice = [display, "Then: keyrecovery code check"],
            });
    }

    private static int Codes(VaultSession vault) => vault.Authorities.Count(a => a.Kind == AuthorityKind.Code);
}
