using System.CommandLine;
using System.Text.Json.Nodes;
using KeyRecovery.Cli.Failures;
using KeyRecovery.Cli.Input;
using KeyRecovery.Cli.Invocation;
using KeyRecovery.Cli.Output;

namespace KeyRecovery.Cli.Commands;

/// <summary><c>passphrase set</c>: sets a passphrase, in place of the one that is there.</summary>
internal static class PassphraseSetCommand
{
    public static Command Make()
    {
        var generate = NumberOption.Make<int>(
            "--generate", "WORDS", $"Draw random words and show them, once [default: {PassphraseWords.DefaultCount}]",
            "4 to 12 words", 4, 12);
        generate.Arity = ArgumentArity.ZeroOrOne;
        var threshold = NumberOption.Make<int>(
            "--threshold", "N", "How many of the realms must answer [default: more than half]");
        var profile = new Option<string>("--profile") {
            HelpName = "mobile|standard", Description = "What one guess costs", DefaultValueFactory = _ => "mobile",
        };
        profile.AcceptOnlyFromAmong("mobile", "standard");
        return new Command("set",
            "Sets a passphrase that recovers the account, in place of the one that is there") {
                generate, threshold, profile,
            }
            .Runs((context, parsed, ct) => RunAsync(
                context, parsed.GetResult(generate) is null
                    ? null : parsed.GetValue(generate) ?? PassphraseWords.DefaultCount,
                parsed.GetValue(threshold), parsed.GetValue(profile) == "standard"
                    ? StretchProfile.Standard : StretchProfile.Mobile, ct));
    }

    private static async Task RunAsync(
        CliContext context, int? words, int? threshold, StretchProfile profile, CancellationToken ct)
    {
        var token = await context.NeedTokenAsync(ct);
        var generated = words is { } count ? PassphraseWords.Generate(SystemRandom.Instance, count) : null;
        using var passphrase = generated is null
            ? await new PassphraseInput(context.Ask).ReadNewAsync(ct) : PassphraseInput.Of(generated);
        context.WeakestDevice = profile;
        using var opened = await context.OpenAsync(ct);
        var manager = opened.Session.Passphrase;
        var replaced = manager.IsSet;
        if (generated is not null) context.ProveHome();
        if (generated is not null && !context.Output.IsJson) Show(Terminal.Standard(), generated);
        var failure = await context.Output.WithProgressAsync("setting it up at every server", async progress =>
        {
            try
            {
                return (await manager.SetAsync(
                    passphrase,
                    new SetPassphraseOptions {
                        Token = token, Threshold = threshold, Profile = profile, Progress = new Steps(progress),
                    }, ct)).Error;
            }
            catch (OperationCanceledException) when (ct.IsCancellationRequested)
            {
                return new ClientFailure.Transient("cancelled", null);
            }
        });
        if (failure is { MayBeDone: true } && generated is not null) throw Unanswered(failure, generated);
        if (failure is not null && generated is not null && !context.Output.IsJson)
            context.Output.Note("the passphrase above is not the account's: throw it away");
        context.Expect(failure);
        if (generated is not null && context.Output.IsJson) context.Unseen = generated;

        var status = context.Expect(await manager.StatusAsync(ct));
        context.Output.Result(
            new JsonObject
            {
                ["set"] = true,
                ["passphrase"] = generated,
                ["replaced"] = replaced,
                ["threshold"] = status[0].Threshold,
                ["realms"] = status.Select(s => s.Realm).ToJson(),
                ["guessesLeft"] = PassphraseTable.GuessesLeft(status),
            },
            people =>
            {
                people.WriteLine(
                    $"It is set{(replaced ? ", in place of the one before" : "")}: tried just now, and it opens the "
                    + "account.");
                people.WriteLine(WhoCouldSearch(status[0]));
                people.WriteLine(
                    "After some wrong guesses it makes whoever guesses wait, and after the last it is locked for good. "
                    + "Keep a recovery code beside it.");
                people.WriteLine("Try it now and then: keyrecovery passphrase check");
            });
    }

    // Before it counts: whoever cannot see it has not got it.
    private static void Show(Terminal people, string generated)
    {
        people.WriteLine("The passphrase, shown this once:");
        people.Write(new Padder(
            Terminal.Styled(generated, new Style(decoration: Decoration.Bold)), new Padding(4, 1, 0, 1)));
    }

    // The account may rely on it, in place of the one before: words that nobody has seen must not die with this
    // process.
    private static CommandException Unanswered(ClientFailure failure, string generated) => new(
        new CliFailure("passphrase-unanswered",
            $"{failure.Message}. The passphrase may or may not be the account's by now: keep it, with the one before, "
            + "until the check says which works")
        {
            Details = new JsonObject { ["passphrase"] = generated },
            Advice = [generated, "Then: keyrecovery passphrase check"],
        });

    private static string WhoCouldSearch(PassphraseStatus status) => status.Threshold == 1
        ? "One server guards it: a thief of its database alone learns nothing, but whoever runs that server could "
            + "search for it."
        : $"{status.Of} servers guard it, and {status.Threshold} of them are needed: whoever has fewer, operators "
            + "included, cannot search for it.";

    private sealed class Steps(IProgress<(int, int)> progress) : IProgress<PassphraseStep>
    {
        public void Report(PassphraseStep step) => progress.Report((step.Number - 1, step.Of));
    }
}
