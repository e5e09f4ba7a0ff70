using System.CommandLine;
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
        var name = DeviceName.Option();
        var command = new Command(
            "recover", "Brings the account back to a new device") { code, passphrase, remove, name };
        command.Validators.Add(result =>
        {
            if (result.GetValue(code) == result.GetValue(passphrase))
                result.AddError("say with what to recover: --code or --passphrase");
        });
        return command.Runs(
            (context, parsed, ct) =>
                RunAsync(context, parsed.GetValue(passphrase), parsed.GetResult(remove) is null
                    ? null : parsed.GetValue(remove), parsed.GetValue(name)!, ct));
    }

    private static async Task RunAsync(
        CliContext context, bool byPassphrase, string[]? remove, string name, CancellationToken ct)
    {
        if (remove is null && !context.Ask.CanAsk)
            throw new CommandException(
                CliFailure.Usage(
                    "--remove is required where nobody can be asked: the ids of the lost devices, all or none"));
        if (await FinishedAsync(context, ct) is { } finished)
        {
            using (finished) Tell(context, finished, byPassphrase, [], []);
            return;
        }
        using var session = byPassphrase ? await ByPassphraseAsync(context, ct) : await ByCodeAsync(context, ct);
        context.Output.Show(people =>
        {
            people.WriteLine(
                $"The {(byPassphrase ? "passphrase" : "code")} opens account {session.Account}, with "
                + $"{Words.Count(session.Items.Length, "item")}. Nothing is changed yet.");
            people.WriteLine($"Somebody was last added or removed on {Words.Time(session.LastAuthorityChange)}.");
            AuthorityTable.Write(people, session.Authorities);
        });
        var lost = remove is null
            ? await LostDevices.AskAsync(session, context.Ask, ct) : LostDevices.Read(session, remove);
        var recovered = context.Expect(await session.CompleteAsync(name, [.. lost.Select(a => a.Id)], ct));
        using var vault = recovered.Vault;
        foreach (var report in session.RealmReports) context.Output.Note(report.Reason);
        Tell(context, vault, byPassphrase, [.. lost.Where(a => !recovered.NotRemoved.Contains(a.Id))],
            [.. lost.Where(a => recovered.NotRemoved.Contains(a.Id))]);
    }

    private static async Task<RecoverySession> ByCodeAsync(CliContext context, CancellationToken ct)
    {
        var token = await context.ReadTokenAsync(ct);
        using var code = await new CodeInput(context.Ask).ReadAsync(ct);
        return context.Expect(await context.Client.BeginRecoveryAsync(code, token, ct));
    }

    private static async Task<RecoverySession> ByPassphraseAsync(CliContext context, CancellationToken ct)
    {
        var token = await context.NeedTokenAsync(ct);
        using var passphrase = await new PassphraseInput(context.Ask).ReadAsync(ct);
        return context.Expect(await context.Client.BeginPassphraseRecoveryAsync(passphrase, token, ct));
    }

    // Before the code is asked for: a used home is refused, and an attempt whose answer was lost may have gone through
    // after all.
    private static async Task<VaultSession?> FinishedAsync(CliContext context, CancellationToken ct)
    {
        using (var kept = await new FileDeviceStore(context.Home).LoadAsync(ct))
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
        List<AuthorityInfo> notRemoved)
    {
        context.WarnOfErasure(vault);
        if (notRemoved.Count > 0)
        {
            context.Output.Note(
                $"{Words.List(notRemoved.Select(Words.Name))} could not be removed: the "
                + $"{(byPassphrase ? "passphrase" : "code")} was added a short time ago, by a device that was new "
                    + "itself. "
                + "Remove it from a device that has been in the account for longer.");
        }
        var name = vault.Authorities.First(a => a.IsThisDevice).Name;
        context.Output.Result(
            new
            {
                accountId = vault.Account.ToString(), deviceId = vault.Device.ToString(), deviceName = name,
                vault.Epoch,
                removed = removed.Select(a => a.Id.ToString()), notRemoved = notRemoved.Select(a => a.Id.ToString()),
                items = vault.Items.Select(ItemTable.Json), vault.LostItems,
            },
            people =>
            {
                people.WriteLine($"This device is {Words.Safe(name)} of account {vault.Account} now.");
                if (removed.Count > 0)
                    people.WriteLine(
                        $"Locked out: {Words.List(removed.Select(Words.Name))}. What is stored from now on is sealed "
                        + $"under new keys (epoch {vault.Epoch}).");
                if (vault.Items.IsEmpty) people.WriteLine("The account has no items.");
                else ItemTable.Write(people, vault.Items);
                people.WriteLine(
                    $"To have them all: keyrecovery backup get --all DIR. "
                    + $"{(byPassphrase ? "The passphrase stays good." : "The code stays good; keep the paper.")}");
            });
    }
}
