using System.CommandLine;
using System.Text.Json.Nodes;
using KeyRecovery.Cli.Failures;
using KeyRecovery.Cli.Input;
using KeyRecovery.Cli.Invocation;
using KeyRecovery.Cli.Output;
using KeyRecovery.Protocol.Audit;
using KeyRecovery.Protocol.Primitives;
using KeyRecovery.Protocol.Vault;
using KeyRecovery.Protocol.Wire;

namespace KeyRecovery.Cli.Commands;

/// <summary><c>audit verify</c>: checks a receipt, offline.</summary>
internal static class AuditVerifyCommand
{
    private const int Most = 64 * 1024;

    private static readonly CliFailure NoReceipt = new("receipt-invalid", "the file holds no receipt");

    public static Command Make()
    {
        var receipt = new Option<string>("--receipt") {
            HelpName = "FILE", Description = "The receipt: its bytes, or base64url", Required = true,
        };
        var key = new Option<string>("--key") { HelpName = "KEY",
            Description = "The server's audit key, from its GET /audit/key, kept since", Required = true };
        var account = new Option<string?>("--account") {
            HelpName = "ID", Description = "Says as well whether it is about this account",
        };
        return new Command("verify", "Verifies a receipt, without asking any server") { receipt, key, account }
            .Runs(async (context, parsed, ct) =>
                Verify(context, await BoundedFile.ReadAsync(parsed.GetRequiredValue(receipt), Most, _ => NoReceipt, ct),
                    parsed.GetRequiredValue(key), parsed.GetValue(account)));
    }

    private static void Verify(CliContext context, byte[] file, string key, string? account)
    {
        AccountId? expected = null;
        if (account is not null) expected = AccountId.TryParse(account, out var id)
            ? id : throw new CommandException(CliFailure.Usage("--account takes an account's id"));
        var signed = Read(file);
        if (!Base64UrlText.TryDecode(key, VerifyKey.Size, out var bytes) || Key(bytes) is not { } auditKey)
            throw new CommandException(CliFailure.Usage("--key takes a server's audit key"));
        if (!signed.IsSignedBy(auditKey))
            throw new CommandException(
                new CliFailure("receipt-invalid", "the receipt is not signed by that server, or was changed"));
        if (expected is { } wanted && !signed.Receipt.IsOf(wanted))
            throw new CommandException(
                new CliFailure("receipt-of-another", "the receipt is signed, and about another account"));
        var receipt = signed.Receipt;
        context.Output.Result(
            new JsonObject
            {
                ["erasureId"] = receipt.Id.ToString(),
                ["level"] = receipt.Level,
                ["app"] = receipt.App,
                ["subject"] = receipt.Subject.ToString(),
                ["requestedBy"] = receipt.RequestedBy.ToString().ToLowerInvariant(),
                ["requestedAt"] = receipt.RequestedAt,
                ["erasedAt"] = receipt.ErasedAt,
                ["kek"] = receipt.Kek,
                ["kekDestroyedAt"] = receipt.KekDestroyedAt,
                ["proofs"] = receipt.Proofs.Select(p => Words.Kebab(p.ToString())).ToJson(),
            },
            people => ReceiptText.Write(people, receipt));
    }

    private static SignedErasureReceipt Read(byte[] file)
    {
        var text = System.Text.Encoding.Latin1.GetString(file).Trim();
        try
        {
            return SignedErasureReceipt.Decode(Base64UrlText.TryDecodeUpTo(text, ErasureReceipt.MaxSize, out var bytes)
                && bytes.Length > 0 ? bytes : file);
        }
        catch (WireFormatException)
        {
            throw new CommandException(NoReceipt);
        }
        catch (UpgradeRequiredException)
        {
            throw new CommandException(
                new CliFailure(RuleWords.Of(ProtocolFault.UpgradeRequired),
                    "the receipt is of a newer version: update this program"));
        }
    }

    private static VerifyKey? Key(byte[] bytes)
    {
        try
        {
            return new VerifyKey(bytes);
        }
        catch (WireFormatException)
        {
            return null;
        }
    }
}
