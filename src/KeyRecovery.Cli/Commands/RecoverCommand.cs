using System.Collections.Immutable;
using System.CommandLine;
using System.Text.Json.Nodes;
using KeyRecovery.Cli.Failures;
using KeyRecovery.Cli.Input;
using KeyRecovery.Cli.Invocation;
using KeyRecovery.Cli.Output;

namespace KeyRecovery.Cli.Commands;

/// <summary>
/// <c>recover</c>: makes this home a device of the account that a code or a passphrase opens, and removes the lost
/// ones.
/// </summary>
internal static class RecoverCommand
{
    public static Command Make()
    {
        var code = new Option<bool>(
            "--code") { Description = "With the recovery code, which is asked for or read from standard input" };
        var passphrase =
            new Option<bool>("--passphrase") {
                Description = "With the passphrase, which is asked for or read from standard input; needs --token",
            };
        var remove = new Option<string[]>("--remove")
        {
            HelpName = "ID…|all|none",
            Description =
                "The lost devices, by id or its beginning, in the same commit; asked for where a person is there",
            AllowMultipleArgumentsPerToken = true,
            Arity = ArgumentArity.OneOrMore,
        };
        var stolen = new Option<bool>("--stolen")
        {
            Description = "Strangers may have used the lost devices: remove what they added too, codes as well",
        };
        var older = new Option<bool>("--accept-older")
        {
            Description = "Go on with what the server has, though one that guards the passphrase was told of more",
        };
        var scan = RecoverScan.Option();
        var undo = RecoverUndo.Option();
        var name = DeviceName.Option();
        var command = new Command(
            "recover", "Brings the account back to a new device") 
        {
            code, passphrase, remove, stolen, older, scan, undo, name,
        };
        command.Validators.Add(result =>
        {
            if (result.GetValue(code) == result.GetValue(passphrase))
                result.AddError("say with what to recover: --code or --passphrase");
            if (result.GetValue(code) && result.GetValue(older))
                result.AddError("--accept-older goes with --passphrase: no other server is asked about a code");
        });
        return command.Runs(
            (context, parsed, ct) =>
                RunAsync(context, parsed.GetValue(passphrase), parsed.GetValue(older), parsed.GetResult(remove) is null
                    ? null : parsed.GetValue(remove), parsed.GetValue(stolen), parsed.GetValue(scan),
                    parsed.GetValue(undo), parsed.GetValue(name)!, ct));
    }

    private static async Task RunAsync(
        CliContext context, bool byPassphrase, bool takesOlder, string[]? remove, bool stolen, bool scan,
        string? point, string name, CancellationToken ct)
    {
        if (remove is null && !context.Ask.CanAsk)
            throw new CommandException(
                CliFailure.Usage(
                    "--remove is required where nobody can be asked: the ids of the lost devices, all or none"));
        if (await FinishedAsync(context, ct) is { } finished)
        {
            await context.KeepServerAsync(ct);
            using (finished) Tell(context, finished, byPassphrase, [], [], null, []);
            return;
        }
        using var session = byPassphrase
            ? await ByPassphraseAsync(context, takesOlder, ct) : await ByCodeAsync(context, ct);
        if (session.Log.Finding is { } finding) context.Output.Note(LogText.Note(finding));
        if (scan) await RecoverScan.RunAsync(context, session, ct);
        context.Output.Show(people =>
        {
            people.WriteLine(
                $"The {(byPassphrase ? "passphrase" : "code")} "
                + (session.Spoiled is null
                    ? $"opens account {session.Account}, with {Words.Count(session.Items.Length, "item")}. "
                    : $"is one of account {session.Account}. ")
                + "Nothing is changed yet.");
            people.WriteLine($"Somebody was last added or removed on {Words.Time(session.LastAuthorityChange)}.");
            AuthorityTable.Write(people, session.Authorities);
            if (session.RestoredAt is { } restored)
                people.WriteLine(
                    $"The server says that it was restored from a backup on {Words.Time(restored)}: what was stored "
                    + "shortly before may be missing.");
        });
        if (session.Behind is { } behind && behind.OpensAt > DateTimeOffset.UtcNow)
            context.Expect<VaultSession>(new ClientFailure.RestoredBehind(behind.RestoredAt, behind.OpensAt));
        var undo = await RecoverUndo.ChooseAsync(context, session, point, ct);
        var lost = remove is null
            ? await LostDevices.AskAsync(session, context.Ask, ct) : LostDevices.Read(session, remove);
        ImmutableArray<AuthorityId> ids = [.. lost.Select(a => a.Id)];
        RevocationRequest? revocation = null;
        if (stolen && !ids.IsEmpty)
        {
            revocation = new RevocationRequest(ids) { Stolen = true };
            ids = await StolenAsync(context, session, revocation, ct);
            lost = [.. session.Authorities.Where(a => ids.Contains(a.Id))];
        }
        var plan = undo is null
            ? null : await RecoverUndo.PlanAsync(context, session, undo with { AlsoRemove = ids }, ct);
        var recovered = context.Expect(plan is null
            ? revocation is null
                ? await session.CompleteAsync(name, ids, ct)
                : await session.CompleteWithRevocationAsync(name, revocation, ct)
            : await session.CompleteWithUndoAsync(name, plan.Request, ct));
        using var vault = recovered.Vault;
        await context.KeepServerAsync(ct);
        foreach (var report in session.RealmReports) context.Output.Note(report.Reason);
        NotPutAgainText.Tell(context, recovered.NotPutAgain);
        Tell(
            context, vault, byPassphrase,
            plan is null
                ? [.. lost.Where(a => !recovered.NotRemoved.Contains(a.Id))]
                : RecoverUndo.Removed(session, plan, vault),
            [.. lost.Where(a => recovered.NotRemoved.Contains(a.Id))],
            plan, recovered.NotPutAgain);
    }

    // Whom a thief may have let in: a person sees it, and may still stop.
    private static async Task<ImmutableArray<AuthorityId>> StolenAsync(
        CliContext context, RecoverySession session, RevocationRequest request, CancellationToken ct)
    {
        var plan = session.PlanRevocation(request);
        context.Output.Show(people => RevocationTable.Write(people, plan, new AuthorityNames(session.Authorities)));
        if (plan.Goes.Length > request.Ids.Length && context.Ask.CanAsk
            && !await context.Ask.YesAsync("Lock them out?", ct))
            throw new CommandException(new CliFailure("cancelled", "nothing was changed"));
        if (plan.Stays.Any(s => s.Reason == RevocationReason.Signs))
            context.Output.Note(
                "what you recovered with came in through a stolen device: if it may have been seen there, put a new "
                + "one in its place (keyrecovery code create --replace, or passphrase set)");
        return plan.Remove;
    }

    private static async Task<RecoverySession> ByCodeAsync(CliContext context, CancellationToken ct)
    {
        var token = await context.ReadTokenAsync(ct);
        using var code = await new CodeInput(context.Ask).ReadAsync(ct);
        return context.Expect(await context.Client.BeginRecoveryAsync(code, token, ct));
    }

    private static async Task<RecoverySession> ByPassphraseAsync(
        CliContext context, bool takesOlder, CancellationToken ct)
    {
        var token = await context.NeedTokenAsync(ct);
        using var passphrase = await new PassphraseInput(context.Ask).ReadAsync(ct);
        return context.Expect(await context.Client.BeginPassphraseRecoveryAsync(passphrase, token, takesOlder, ct));
    }

    // Before the code is asked for: a used home is refused, and an attempt whose answer was lost may have gone through
    // after all.
    private static async Task<VaultSession?> FinishedAsync(CliContext context, CancellationToken ct)
    {
        using (var kept = await context.Store.LoadAsync(ct))
        {
            if (kept is null) return null;
            if (kept.Pending.IsEmpty)
                context.Expect<VaultSession>(
                    new ClientFailure.DeviceState($"this device already belongs to account {kept.Account}"));
        }
        if (await context.Client.OpenAsync(ct) is not Result<VaultSession>.Ok { Value: var vault }) return null;
        context.Output.Note(
            "the attempt before this one went through after all, and its answer was lost: nothing more had to be done");
        return vault;
    }

    private static void Tell(CliContext context, VaultSession vault, bool byPassphrase, List<AuthorityInfo> removed,
        List<AuthorityInfo> notRemoved, UndoPlan? plan, ImmutableArray<(string Name, ClientFailure Why)> notPutAgain)
    {
        context.WarnOfErasure(vault);
        var names = new AuthorityNames([.. removed, .. notRemoved]);
        if (notRemoved.Count > 0)
        {
            context.Output.Note(
                $"{names.Of(notRemoved.Select(a => a.Id))} could not be removed: the "
                + $"{(byPassphrase ? "passphrase" : "code")} was added a short time ago, by a device that was new "
                    + "itself. "
                + "Remove it from a device that has been in the account for longer.");
        }
        var name = vault.Authorities.First(a => a.IsThisDevice).Name;
        context.Output.Result(
            new JsonObject
            {
                ["accountId"] = vault.Account.ToString(),
                ["deviceId"] = vault.Device.ToString(),
                ["deviceName"] = name,
                ["epoch"] = vault.Epoch,
                ["removed"] = removed.Select(a => a.Id.ToString()).ToJson(),
                ["notRemoved"] = notRemoved.Select(a => a.Id.ToString()).ToJson(),
                ["items"] = vault.Items.Select(ItemTable.Json).ToJson(),
                ["lostItems"] = vault.LostItems.ToJson(),
                ["undo"] = plan is null ? null : RecoverUndo.Json(plan, notPutAgain),
            },
            people =>
            {
                people.WriteLine($"This device is {name} of account {vault.Account} now.");
                if (plan is not null)
                    people.WriteLine(UndoTable.Tell(plan.Items, notPutAgain.Select(n => n.Name)));
                if (removed.Count > 0)
                    people.WriteLine(
                        $"Locked out: {names.Of(removed.Select(a => a.Id))}. What is stored from now on is sealed "
                        + $"under new keys (epoch {vault.Epoch}).");
                if (vault.Items.IsEmpty) people.WriteLine("The account has no items.");
                else ItemTable.Write(people, vault.Items);
                people.WriteLine(
                    $"To have them all: keyrecovery backup get --all DIR. "
                    + $"{(byPassphrase ? "The passphrase stays good." : "The code stays good; keep the paper.")}");
            });
    }
}
