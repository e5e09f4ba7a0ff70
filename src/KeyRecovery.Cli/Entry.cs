using System.CommandLine;
using System.CommandLine.Invocation;
using System.CommandLine.Parsing;
using System.Globalization;
using KeyRecovery.Cli.Commands;
using KeyRecovery.Cli.Failures;
using KeyRecovery.Cli.Invocation;
using KeyRecovery.Cli.Output;
using KeyRecovery.Protocol.Primitives;

namespace KeyRecovery.Cli;

/// <summary>From the arguments to a command.</summary>
internal static class Entry
{
    // Ctrl+C in the demo waits for its server to stop.
    private const string NoCommand = "Required command was not provided.";

    private static readonly TimeSpan TerminationTimeout = TimeSpan.FromSeconds(20);

    public static async Task<int> RunAsync(string[] args)
    {
        CoreDumps.Refuse();
        if (!NormalForms.AreAvailable)
        {
            Terminal.Error().WriteLine(
                "keyrecovery cannot run without Unicode normalisation (InvariantGlobalization): passphrases would "
                + "differ from device to device");
            return ExitCode.Failed;
        }
        // Numbers, dates and cases are the same everywhere, and messages in one language: programs read them too.
        CultureInfo.CurrentCulture = CultureInfo.CurrentUICulture = CultureInfo.DefaultThreadCurrentCulture =
            CultureInfo.DefaultThreadCurrentUICulture = CultureInfo.InvariantCulture;
        // A passphrase has any letters, whatever the locale says.
        RawOutput.UseUtf8();
        // An id may begin with "-h", and is none of ours to unbundle: it would show help, and revoke nobody.
        var parsed = MakeRoot().Parse(args, new ParserConfiguration { EnablePosixBundling = false });
        // The runtime has put this in the place of bytes that are no UTF-8: what was meant is not known any more.
        if (args.Any(a => a.Contains('\ufffd', StringComparison.Ordinal)))
            return GlobalOptions.OutputOf(parsed).Fail(CliFailure.Usage(
                "an argument is not valid UTF-8 text", "Names are UTF-8; is the terminal set to another encoding?"));
        if (parsed.Errors.Count > 0 && parsed.Action is ParseErrorAction)
            return GlobalOptions.OutputOf(parsed).Fail(Misuse(parsed));
        return await parsed.InvokeAsync(new InvocationConfiguration
        {
            ProcessTerminationTimeout = TerminationTimeout, Output = RawOutput.Standard, Error = RawOutput.Error,
        });
    }

    private static RootCommand MakeRoot()
    {
        var root = new RootCommand("Keeps an app's keys recoverable: a device of KeyRecovery on the command line.")
        {
            DemoCommand.Make(),
            TokenCommand.Make(),
            new Command("account", "Makes and shows the account of this device, and takes back what was done to it") {
                AccountCreateCommand.Make(), AccountShowCommand.Make(), AccountUndoCommand.Make(),
                AccountRestoredCommand.Make(), AccountNumberCommand.Make(),
            },
            new Command("backup", "Stores and brings back items")
            {
                BackupPutCommand.Make(), BackupGetCommand.Make(), BackupListCommand.Make(), BackupHistoryCommand.Make(),
                BackupRemoveCommand.Make(),
            },
            new Command("code", "The recovery code, on paper") {
                CodeCreateCommand.Make(), CodeCheckCommand.Make(), CodeRemoveCommand.Make(),
            },
            new Command("passphrase", "A passphrase that recovers the account, guarded by servers that count guesses")
            {
                PassphraseSetCommand.Make(), PassphraseCheckCommand.Make(), PassphraseStatusCommand.Make(),
                PassphraseSwitchCommand.Pause(),
                PassphraseSwitchCommand.Resume(), PassphraseSwitchCommand.Remove(),
                PassphraseSwitchCommand.Move(), PassphraseSwitchCommand.Object(),
            },
            RecoverCommand.Make(),
            new Command("link", "Brings the account to a new device that lies beside this one") {
                LinkShowCommand.Make(), LinkJoinCommand.Scan(), LinkJoinCommand.Type(),
            },
            new Command("device", "The devices of the account") {
                DeviceListCommand.Make(), DeviceRenameCommand.Make(), DeviceRevokeCommand.Make(),
            },
            new Command("lock", "A passphrase on the key of this home")
            {
                LockCommand.Set(), LockCommand.Change(), LockCommand.Remove(),
            },
            ActivityCommand.Make(),
            ExportCommand.Make(),
            EraseCommand.Make(),
            AdminEraseCommand.Make(),
            new Command("audit", "The auditor's tools") {
                AuditVerifyCommand.Make(), AuditExportCommand.Make(),
                AuditWitnessCommand.Make(), AuditWitnessKeyCommand.Make(),
            },
        };
        foreach (var option in GlobalOptions.All) root.Add(option);
        return root;
    }

    private static CliFailure Misuse(ParseResult parsed)
    {
        // What was typed by mistake is not repeated: it may be a code.
        if (LooksLikeCode(parsed.UnmatchedTokens))
        {
            return CliFailure.Usage(
                "a recovery code is never an argument, where other programs and the shell's history can see it",
                "Leave it out: it is asked for, or read from standard input.");
        }
        var message = string.Join(
            "; ",
            parsed.Errors.Select(e => e.Message == NoCommand ? Missing(parsed) : e.Message.TrimEnd('.')).Distinct());
        return CliFailure.Usage(message, $"See: {Path(parsed.CommandResult)} --help");
    }

    // In place of the parser's word for it, which names none.
    private static string Missing(ParseResult parsed)
    {
        var names = parsed.CommandResult.Command.Subcommands.Select(c => c.Name).Order(StringComparer.Ordinal).ToList();
        var all = names is [.. var others, var last] && others.Count > 0
            ? $"{Words.List(others)} or {last}" : Words.List(names);
        return $"{Path(parsed.CommandResult)} takes a command: {all}";
    }

    private static bool LooksLikeCode(IReadOnlyList<string> tokens) =>
        tokens.Count > 0 && tokens.Sum(t => t.Count(char.IsAsciiLetterOrDigit)) >= RecoveryCode.Characters - 4;

    private static string Path(CommandResult result)
    {
        var names = new Stack<string>();
        for (SymbolResult? at = result; at is CommandResult command; at = at.Parent) names.Push(command.Command.Name);
        names.Pop();
        return string.Join(' ', names.Prepend("keyrecovery"));
    }
}
