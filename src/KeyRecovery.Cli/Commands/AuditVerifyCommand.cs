using System.CommandLine;
using KeyRecovery.Cli.Auditing;
using KeyRecovery.Cli.Failures;
using KeyRecovery.Cli.Input;
using KeyRecovery.Cli.Invocation;

namespace KeyRecovery.Cli.Commands;

/// <summary>
/// <c>audit verify</c>: derives a whole log anew from what anybody may read, and checks receipts; receipts alone
/// without asking anybody.
/// </summary>
internal static class AuditVerifyCommand
{
    // A folder keeps processors busy, an address the way to it.
    private const int AtOnceFromFolder = 4;
    private const int AtOnceFromAddress = 8;

    public static Command Make()
    {
        var log = new Option<string?>("--log") {
            HelpName = "URL", Description = "Where the log is: the server's address and /audit",
        };
        var folder = new Option<string?>("--dir") {
            HelpName = "DIR", Description = "Its folder, or a copy of it, in place of an address",
        };
        var policy = new Option<string?>("--policy") { HelpName = "FILE",
            Description = "Which log and which witnesses are trusted, and how many of these (C2SP tlog-policy)" };
        var key = new Option<string[]>("--key") { HelpName = "KEY", AllowMultipleArgumentsPerToken = true,
            Description = "Keys from the server's GET /audit/key, kept since: its key for receipts, its log in place "
                + "of --policy" };
        var receipts = new Option<string[]>("--receipt") { HelpName = "FILE", AllowMultipleArgumentsPerToken = true,
            Description = "Receipts of erasure: their bytes, or base64url" };
        var account = new Option<string?>("--account") {
            HelpName = "ID", Description = "Says as well whether the receipt is about this account",
        };
        var since = new Option<string?>("--since") {
            HelpName = "FILE", Description = "An older checkpoint, from which the log must go on",
        };
        var save = new Option<string?>("--save") { HelpName = "FILE",
            Description = "Keeps the checkpoint that was verified; the log must go on from the one that is there" };
        return new Command("verify", "Verifies a whole log, and receipts of erasure; these alone without any server")
        {
            log, folder, policy, key, receipts, account, since, save,
        }.Runs(async (context, parsed, ct) =>
        {
            var keys = KeyArguments.Read(parsed.GetValue(key) ?? []);
            var (url, path) = (parsed.GetValue(log), parsed.GetValue(folder));
            var given = await ReceiptAudit.ReadAsync(
                parsed.GetValue(receipts) ?? [], keys.Receipts, AccountOf(parsed.GetValue(account)), ct);
            if (url is null && path is null)
            {
                if ((parsed.GetValue(since) ?? parsed.GetValue(save)) is not null)
                    throw Misused("--since and --save are about a log, which --log or --dir names");
                var isLogKnown = parsed.GetValue(policy) is not null || !keys.Logs.IsEmpty;
                ReceiptAudit.Tell(context, given, isLogKnown ? PolicyOf(parsed.GetValue(policy), keys) : null);
                return;
            }

            var run = new LogAuditRun(context, PolicyOf(parsed.GetValue(policy), keys), given)
            {
                Since = parsed.GetValue(since), Save = parsed.GetValue(save),
            };
            if (url is null) await run.RunAsync(new LogDirectory(path!), path!, AtOnceFromFolder, ct);
            else if (path is null) await OverHttpAsync(run, url, ct);
            else throw Misused("--log and --dir name one log each: give one of them");
        }, usesHome: false);
    }

    private static async Task OverHttpAsync(LogAuditRun run, string url, CancellationToken ct)
    {
        if (!Uri.TryCreate(url, UriKind.Absolute, out var prefix) || PublicLog.FindFault(prefix) is not null)
            throw Misused($"--log: {PublicLog.FindFault(prefix)}", "For example https://keys.example.org/audit");
        using var log = new PublicLog(prefix);
        try
        {
            await run.RunAsync(log, url, AtOnceFromAddress, ct);
        }
        catch (LogUnavailableException gone)
        {
            throw new CommandException(LogFaultText.Of(gone, prefix));
        }
    }

    private static LogPolicy PolicyOf(string? file, KeyArguments keys) => (file, keys.Logs) switch
    {
        ({ } path, []) => LogPolicyFile.Read(path, "--policy"),
        (null, [var log]) => LogPolicy.Of(log),
        (null, []) => throw Misused(
            "whose log it is must be known: --policy FILE, or --key with the log's key",
            "It is the log of the server's GET /audit/key; best ask for it by another way than the log itself."),
        (null, _) => throw Misused("several logs' keys need a policy: --policy FILE"),
        _ => throw Misused("--policy names the log's key: leave it out of --key"),
    };

    private static AccountId? AccountOf(string? text)
    {
        if (text is null) return null;
        return AccountId.TryParse(text, out var id) ? id : throw Misused("--account takes an account's id");
    }

    private static CommandException Misused(string message, params string[] advice) =>
        new(CliFailure.Usage(message, advice));
}
