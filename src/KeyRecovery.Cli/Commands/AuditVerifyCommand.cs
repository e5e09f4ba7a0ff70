using System.CommandLine;
using KeyRecovery.Cli.Auditing;
using KeyRecovery.Cli.Invocation;

namespace KeyRecovery.Cli.Commands;

/// <summary>
/// <c>audit verify</c>: derives a whole log anew from what anybody may read, and checks receipts and reports; receipts
/// alone without asking anybody.
/// </summary>
internal static class AuditVerifyCommand
{
    public static Command Make()
    {
        var log = new AuditLogOptions();
        var receipts = new Option<string[]>("--receipt") { HelpName = "FILE", AllowMultipleArgumentsPerToken = true,
            Description = "Receipts of erasure: their bytes, or base64url" };
        var report = new Option<string?>("--report") { HelpName = "DIR",
            Description = "A report of audit export: that it has each leaf about an erasure, and is what they say" };
        var rewrite = new Option<bool>("--rewrite") {
            Description = "Writes the table and the page of a report that holds anew where they are others, as those "
                + "of another version are",
        };
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
            log.Address, log.Folder, log.Policy, log.Key, receipts, report, rewrite, account, since, save,
        }.Runs(async (context, parsed, ct) =>
        {
            var keys = log.KeysOf(parsed);
            var given = await ReceiptAudit.ReadAsync(
                parsed.GetValue(receipts) ?? [], keys.Receipts, AccountOf(parsed.GetValue(account)), ct);
            if (!log.IsGiven(parsed))
            {
                if ((parsed.GetValue(since) ?? parsed.GetValue(save) ?? parsed.GetValue(report)) is not null
                    || parsed.GetValue(rewrite))
                    throw AuditLogOptions.Misused(
                        "--since, --save, --report and --rewrite are about a log, which --log or --dir names");
                var isLogKnown = parsed.GetValue(log.Policy) is not null || !keys.Logs.IsEmpty;
                ReceiptAudit.Tell(context, given, isLogKnown ? log.PolicyOf(parsed) : null);
                return;
            }

            if (parsed.GetValue(rewrite) && parsed.GetValue(report) is null)
                throw AuditLogOptions.Misused("--rewrite is about the files of a report, which --report names");
            var told = parsed.GetValue(report) is { } folder
                ? await ReportAudit.ReadAsync(folder, keys.Receipts, parsed.GetValue(rewrite), ct) : null;
            await log.OpenAsync(parsed, (source, policy, place, atOnce) => new LogAuditRun(context, policy, given)
            {
                Since = parsed.GetValue(since), Save = parsed.GetValue(save), Report = told,
            }.RunAsync(source, place, atOnce, ct));
        }, usesHome: false);
    }

    private static AccountId? AccountOf(string? text)
    {
        if (text is null) return null;
        return AccountId.TryParse(text, out var id)
            ? id : throw AuditLogOptions.Misused("--account takes an account's id");
    }
}
