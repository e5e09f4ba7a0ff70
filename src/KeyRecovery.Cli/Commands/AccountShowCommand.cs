using System.Collections.Immutable;
using System.CommandLine;
using System.Text.Json.Nodes;
using KeyRecovery.Cli.Invocation;
using KeyRecovery.Cli.Output;

namespace KeyRecovery.Cli.Commands;

/// <summary><c>account show</c>: who may act, and since when.</summary>
internal static class AccountShowCommand
{
    public static Command Make()
    {
        var notCloned = new Option<bool>("--not-cloned")
        {
            Description = "Forget the warning of a copy of this device, where you put its data back yourself",
        };
        return new Command("show", "Shows the account, its devices and its recovery codes") { notCloned }
            .Runs((context, parsed, ct) => RunAsync(context, parsed.GetValue(notCloned), ct));
    }

    private static async Task RunAsync(CliContext context, bool notCloned, CancellationToken ct)
    {
        using var opened = await context.OpenAsync(ct, warnsOfErasure: false, tellsClone: !notCloned);
        var vault = opened.Session;
        if (notCloned) context.Expect(await vault.DismissCloneAsync(ct));
        var passphrase = await PassphraseAsync(vault, ct);
        if (passphrase.Sum(r => r.GuessesSinceRight) is var guesses and > 0)
            context.Output.Note(
                $"the passphrase was guessed {Words.Count(guesses, "time")} since it was last right: if it was not "
                + "you, keyrecovery passphrase pause (see keyrecovery passphrase status)");
        var place = await context.Keys.FindPlaceAsync(ct);
        context.Output.Result(
            new JsonObject
            {
                ["accountId"] = vault.Account.ToString(),
                ["deviceId"] = vault.Device.ToString(),
                ["keyStore"] = KeyPlaceText.Word(place),
                ["app"] = context.App,
                ["server"] = context.Server.GetLeftPart(UriPartial.Authority),
                ["epoch"] = vault.Epoch,
                ["version"] = vault.Version,
                ["erasureDueInMs"] = (long?)vault.HeldErasure?.TotalMilliseconds,
                ["lastChange"] = LastChange(vault),
                ["lastAuthorityChange"] = vault.LastAuthorityChange,
                ["items"] = vault.Items.Length,
                ["itemBytes"] = vault.Items.Sum(i => i.Length),
                ["lostItems"] = vault.LostItems.ToJson(),
                ["spoiled"] = vault.Spoiled is { } spoiled ? SpoiledText.Json(spoiled) : null,
                ["cloneSuspected"] = vault.CloneSuspected is { } clone ? CloneText.Json(clone) : null,
                ["logFinding"] = vault.Log.Finding is { } finding ? LogText.Json(finding) : null,
                ["restoredAt"] = vault.RestoredAt,
                ["behind"] = vault.Behind is { } behind ? RestoreText.Json(behind) : null,
                ["conflicts"] = vault.Conflicts.Select(RestoreText.Json).ToJson(),
                ["passphraseGuessesLeft"] = PassphraseTable.GuessesLeft(passphrase),
                ["mended"] = opened.Mended.Select(id => id.ToString()).ToJson(),
                ["authorities"] = vault.Authorities.Select(AuthorityTable.Json).ToJson(),
            },
            people => Tell(people, vault, KeyPlaceText.Short(place), opened.Mended));
    }

    // What strangers did is told with everything else; a realm that is away does not hold it up.
    private static async Task<ImmutableArray<PassphraseStatus>> PassphraseAsync(
        VaultSession vault, CancellationToken ct)
    {
        if (!vault.Passphrase.IsSet) return [];
        using var limit = CancellationTokenSource.CreateLinkedTokenSource(ct);
        limit.CancelAfter(TimeSpan.FromSeconds(3));
        try
        {
            return (await vault.Passphrase.StatusAsync(limit.Token)).TryGet(out var status, out _) ? status : [];
        }
        catch (OperationCanceledException) when (!ct.IsCancellationRequested)
        {
            return [];
        }
    }

    private static readonly Style Alarm = new(Color.Red, decoration: Decoration.Bold);

    private static void Tell(
        Terminal people, VaultSession vault, string keys, ImmutableArray<AuthorityId> mended)
    {
        if (vault.HeldErasure is { } dueIn) people.WriteLine(Words.HeldErasure(dueIn), Alarm);
        var facts = new Grid().AddColumn(new GridColumn().NoWrap()).AddColumn();
        void Fact(string name, string value) => facts.AddRow(Terminal.Cell(name), Terminal.Cell(value));
        Fact("Account", vault.Account.ToString());
        Fact("This device", vault.Device.ToString());
        Fact("Its key", keys);
        Fact("Items", $"{vault.Items.Length}, {Words.Size(vault.Items.Sum(i => i.Length))}");
        Fact("Last change", Words.Time(LastChange(vault)));
        Fact("Last change of who may act", Words.Time(vault.LastAuthorityChange));
        people.Write(facts);
        AuthorityTable.Write(people, vault.Authorities, mended);
        if (vault.Authorities.All(a => a.Kind == AuthorityKind.Device))
            people.WriteLine(
                "There is no recovery code and no passphrase: if these devices are lost, so is everything. To make "
                + "one: keyrecovery code create");
    }

    // The manifest bears no time of its own: its items do, and the chain.
    private static DateTimeOffset LastChange(VaultSession vault) =>
        vault.Items.Select(i => i.Modified).Append(vault.LastAuthorityChange).Max();
}
