using System.CommandLine;
using System.Text.Json.Nodes;
using KeyRecovery.Cli.Input;
using KeyRecovery.Cli.Invocation;
using KeyRecovery.Cli.Kit;
using KeyRecovery.Cli.Output;

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
            new Option<bool>("--replace")
            {
                Description = "Remove the account's other codes; where this device may not yet, or is of no account, "
                    + "the old code is asked for and replaces itself",
            };
        var withCode = new Option<bool>("--with-code")
        {
            Description = "With --replace: sign with the old code, which is asked for, and remove that one",
        };
        var anew = new Option<bool>("--anew")
        {
            Description = "With --replace: go on where a new code was made before, is lost, and removed no other",
        };
        var command = new Command("create", "Makes a recovery code and shows it, once")
        {
            kit, replace, withCode, anew,
        };
        command.Validators.Add(result =>
        {
            if (!result.GetValue(replace) && (result.GetValue(withCode) || result.GetValue(anew)))
                result.AddError("--with-code and --anew go with --replace");
        });
        return command.Runs(async (context, parsed, ct) =>
        {
            using var file = KitFile.Open(parsed.GetValue(kit));
            var replaces = parsed.GetValue(replace);
            if (!replaces || !await ReplaceByCodeAsync(
                context, file, parsed.GetValue(withCode), parsed.GetValue(anew), ct))
                await RunAsync(context, file, replaces, ct);
        });
    }

    // Where no device may remove a code, the code itself may. False where this device may, or no code was given.
    private static async Task<bool> ReplaceByCodeAsync(
        CliContext context, KitFile? kit, bool withCode, bool anew, CancellationToken ct)
    {
        var input = new CodeInput(context.Ask);
        using (var kept = await context.Store.LoadAsync(ct))
        {
            if (kept is null)
            {
                var token = await context.ReadTokenAsync(ct);
                context.Ask.Say("This folder is no device of an account: the code that is to go signs for itself.");
                using var only = withCode ? await input.ReadAsync(ct) : await input.TryReadAsync(ct);
                if (only is null) return false;
                using var session = context.Expect(await context.Client.BeginRecoveryAsync(only, token, ct));
                await CodeReplacementRun.RunAsync(context, CodeHolder.Of(session), only, kit, anew, ct);
                return true;
            }
        }
        context.TakesCode = !withCode;
        using var opened = await context.OpenAsync(ct);
        var isYoung = context.TrustedFrom > DateTimeOffset.UtcNow;
        if (!withCode && !isYoung) return false;
        var appToken = await context.ReadTokenAsync(ct);
        if (isYoung)
            context.Ask.Say(
                $"This device is new to the account: until {Words.Time(context.TrustedFrom!.Value)} it removes nobody. "
                + "The code that is to go signs for itself.");
        using var code = withCode ? await input.ReadAsync(ct) : await input.TryReadAsync(ct);
        if (code is null) return false;
        await CodeReplacementRun.RunAsync(
            context, CodeHolder.Of(opened.Session, code, appToken), code, kit, anew, ct);
        return true;
    }

    private static async Task RunAsync(CliContext context, KitFile? kit, bool replace, CancellationToken ct)
    {
        using var opened = await context.OpenAsync(ct);
        var vault = opened.Session;
        var before = Codes(vault);
        using var fresh = FreshCode.Make(context, vault.Account, kit);
        await fresh.CommitAsync(
            () => vault.AddCodeAsync(fresh.Code, replace, ct), "Then: keyrecovery code check", ct);
        var codes = Codes(vault);
        context.Output.Result(
            new JsonObject
            {
                ["code"] = fresh.Display,
                ["accountId"] = vault.Account.ToString(),
                ["codes"] = codes,
                ["replaced"] = replace ? before : 0,
                ["kit"] = kit?.Path,
            },
            people =>
            {
                people.WriteLine("The code above is the account's.");
                if (replace && before > 0)
                    people.WriteLine($"{Words.Count(before, "older code")} removed: throw the old paper away.");
                else if (codes > 1)
                    people.WriteLine(
                        $"The account has {codes} codes now, and each of them works. To keep only a new one: "
                        + "keyrecovery code create --replace");
            });
    }

    private static int Codes(VaultSession vault) => vault.Authorities.Count(a => a.Kind == AuthorityKind.Code);
}
