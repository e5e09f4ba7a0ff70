using System.CommandLine;
using System.Text.Json.Nodes;
using KeyRecovery.Cli.Failures;
using KeyRecovery.Cli.Input;
using KeyRecovery.Cli.Invocation;
using KeyRecovery.Cli.Kit;
using KeyRecovery.Cli.Output;

namespace KeyRecovery.Cli.Commands;

/// <summary><c>device revoke</c>: locks a device or a code out.</summary>
internal static class DeviceRevokeCommand
{
    private sealed record Options(
        string Id, bool Stolen, bool WithCode, string[] Keep, bool KeepCode, bool KeepPassphrase, bool NewCode,
        string? Kit, bool Yes);

    public static Command Make()
    {
        var id = AuthorityArgument.Make();
        var stolen = new Option<bool>("--stolen")
        {
            Description = "Strangers may have used it: remove what it added too, codes and passphrases as well",
        };
        var withCode = new Option<bool>("--with-code")
        {
            Description = "Sign with the recovery code: a device that is new to the account removes nobody by itself",
        };
        var keep = new Option<string[]>("--keep")
        {
            HelpName = "NAME|ID",
            Description = "A device that came in through it and stays, with what it added; may be repeated",
        };
        var keepCode = new Option<bool>("--keep-code")
        {
            Description = "Keep the recovery code that you type, with what it brought in, though it was made there",
        };
        var keepPassphrase = new Option<bool>("--keep-passphrase")
        {
            Description = "Keep the passphrase that you type, though it was set there; needs --token",
        };
        var newCode = new Option<bool>("--new-code")
        {
            Description = "Make a new recovery code in the same step, and show it, once",
        };
        var kit = new Option<string?>("--kit")
        {
            HelpName = "FILE", Description = "Write that code as a page to print (HTML); asks for a code",
        };
        var yes = Consent.Option("Lock them out without asking, also where they are the last way in");
        var command = new Command(
            "revoke", "Locks a device or a code out; the recovery code stays good, and is asked for only if you say so")
        {
            id, stolen, withCode, keep, keepCode, keepPassphrase, newCode, kit, yes,
        };
        command.Validators.Add(result =>
        {
            if (!result.GetValue(stolen) && (result.GetValue(keepCode) || result.GetValue(keepPassphrase)
                || result.GetValue(keep) is { Length: > 0 }))
                result.AddError("only --stolen removes what came in through it: there is nothing to keep");
        });
        return command.Runs((context, parsed, ct) => RunAsync(context, new Options(
            parsed.GetRequiredValue(id), parsed.GetValue(stolen), parsed.GetValue(withCode),
            parsed.GetValue(keep) ?? [], parsed.GetValue(keepCode), parsed.GetValue(keepPassphrase),
            parsed.GetValue(newCode) || parsed.GetValue(kit) is not null, parsed.GetValue(kit),
            parsed.GetValue(yes)), ct));
    }

    private static async Task RunAsync(CliContext context, Options options, CancellationToken ct)
    {
        context.TakesCode = !options.WithCode;
        using var kit = KitFile.Open(options.Kit);
        using var opened = await context.OpenAsync(ct);
        var vault = opened.Session;
        var names = new AuthorityNames(vault.Authorities);
        var token = options.WithCode || options.KeepPassphrase ? await context.ReadTokenAsync(ct) : null;
        using var signer = options.WithCode ? await new CodeInput(context.Ask).ReadAsync(ct) : null;
        var request = new RevocationRequest([Find(vault, options)])
        {
            Stolen = options.Stolen,
            Keep = [.. options.Keep.Select(value => AuthorityArgument.Find(vault, value))],
        };
        var inHand = new SlotsInHand(context, vault, token, names);
        request = request with { InHand = await inHand.ReadAsync(options.KeepCode, options.KeepPassphrase, ct) };
        request = await inHand.OfferAsync(request, signer, ct);
        var plan = vault.PlanRevocation(request, signer);
        using var fresh = options.NewCode || await WantsCodeAsync(context, plan, ct)
            ? FreshCode.Make(context, vault.Account, kit) : null;
        bool IsGoing(AuthorityInfo authority) => plan.Remove.Contains(authority.Id);
        if (fresh is null && Consent.IsLastWay(vault, IsGoing))
            await Consent.BeforeLastWayAsync(context, vault, options.Yes, IsGoing, ct);
        else if (plan.Goes.Length > 1 && !options.Yes && context.Ask.CanAsk
            && !await context.Ask.YesAsync("Lock them out?", ct))
            throw new CommandException(new CliFailure("cancelled", "nothing was removed"));
        request = request with { NewCode = fresh?.Code };
        var done = fresh is null
            ? context.Expect(await RevokeAsync())
            : await fresh.CommitAsync(RevokeAsync, "Then: keyrecovery code check", ct);
        Tell(context, done, names, fresh);

        Task<Result<Revocation>> RevokeAsync() => signer is null
            ? vault.RevokeAsync(request, ct) : vault.RevokeWithCodeAsync(request, signer, token, ct);
    }

    // Of a stolen device that was removed before, what it let in is removed: it has no name any more.
    private static AuthorityId Find(VaultSession vault, Options options) => AuthorityArgument.Find(
        vault, options.Id, options.Stolen && AuthorityId.TryParse(options.Id, out var gone) ? [gone] : []);

    private static async Task<bool> WantsCodeAsync(CliContext context, RevocationPlan plan, CancellationToken ct) =>
        context.Ask.CanAsk && plan.SlotsLeft.IsEmpty
        && await context.Ask.YesAsync("Make a new recovery code in the same step, and show it now?", ct);

    private static void Tell(CliContext context, Revocation done, AuthorityNames names, FreshCode? fresh)
    {
        var plan = done.Plan;
        var isAdded = fresh is not null && done.NewCodeFailed is null;
        if (done.NewCodeFailed is { } failed)
            context.Output.Note($"the new code was not added ({failed.Message}): keyrecovery code create");
        if (plan.SlotsLeft.IsEmpty && !isAdded)
            context.Output.Note(
                "the account has no recovery code and no passphrase now: if its devices are lost, so is everything. "
                + "To make a code: keyrecovery code create");
        context.Output.Result(
            new JsonObject
            {
                ["removed"] = RevocationTable.Json(plan.Goes).ToJson(),
                ["stays"] = RevocationTable.Json(plan.Stays).ToJson(),
                ["epoch"] = done.Epoch,
                ["waysLeft"] = plan.SlotsLeft.Select(id => id.ToString()).ToJson(),
                ["code"] = isAdded ? fresh!.Display : null,
                ["kit"] = fresh?.KitPath,
            },
            people =>
            {
                people.WriteLine(
                    $"Locked out: {names.Of(plan.Remove)}. What is stored from now on is sealed "
                    + $"under new keys (epoch {done.Epoch}).");
                if (isAdded) people.WriteLine("The code that was shown is the account's now.");
                if (plan.Goes.Any(g => g.Kind == AuthorityKind.Code))
                    people.WriteLine("A paper with a code that is locked out opens nothing any more: throw it away.");
                else if (!plan.SlotsLeft.IsEmpty) people.WriteLine("The recovery code stays good; keep the paper.");
            });
    }
}
