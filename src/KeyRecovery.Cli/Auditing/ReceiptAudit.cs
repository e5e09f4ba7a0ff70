using System.Collections.Immutable;
using System.Text.Json.Nodes;
using KeyRecovery.Cli.Failures;
using KeyRecovery.Cli.Invocation;
using KeyRecovery.Cli.Output;

namespace KeyRecovery.Cli.Auditing;

/// <summary>Receipts that are checked together: all of them are, and those that do not hold are told by name.</summary>
internal static class ReceiptAudit
{
    private const int MostTold = 20;

    /// <summary>Reads files, and checks what they say without asking anybody.</summary>
    /// <exception cref="CommandException">One of them does not hold, or no key was given.</exception>
    public static async Task<ImmutableArray<AuditReceipt>> ReadAsync(
        IReadOnlyCollection<string> files, ImmutableArray<VerifyKey> auditKeys, AccountId? account,
        CancellationToken ct)
    {
        if (files.Count > 0 && auditKeys.IsEmpty)
            throw new CommandException(CliFailure.Usage(
                "receipts are checked with the server's audit key: --key",
                "It is the key of the server's GET /audit/key; best kept from long ago."));
        var (receipts, wrong) = (ImmutableArray.CreateBuilder<AuditReceipt>(), new List<(string, CliFailure)>());
        foreach (var file in files)
        {
            try
            {
                var receipt = await AuditReceipt.ReadAsync(file, auditKeys, ct);
                if (account is { } wanted && !receipt.Receipt.IsOf(wanted))
                    throw new CommandException(new CliFailure(
                        "receipt-of-another", "the receipt is signed, and about another account"));
                receipts.Add(receipt);
            }
            catch (CommandException ended)
            {
                wrong.Add((file, ended.Failure));
            }
        }

        Refuse(wrong, files.Count);
        return receipts.ToImmutable();
    }

    /// <summary>Ends the command where some do not hold.</summary>
    /// <exception cref="CommandException">Some do not.</exception>
    public static void Refuse(IReadOnlyList<(string File, CliFailure Failure)> wrong, int of)
    {
        if (wrong.Count == 0) return;
        if (of == 1) throw new CommandException(wrong[0].Failure);
        var told = wrong.Take(MostTold).Select(w => $"{Words.Argument(w.File)}: {w.Failure.Message}");
        throw new CommandException(new CliFailure(
            wrong[0].Failure.Error, $"{wrong.Count} of {Words.Count(of, "receipt")} do not hold")
        {
            Key = wrong[0].Failure.Key,
            Advice = wrong.Count > MostTold ? [.. told, $"… and {wrong.Count - MostTold} more (--json)"] : [.. told],
            Details = new JsonObject
            {
                ["receipts"] = wrong.Select(w => (JsonNode?)new JsonObject
                {
                    ["file"] = w.File, ["error"] = w.Failure.Error, ["message"] = w.Failure.Message,
                }).ToJson(),
            },
        });
    }

    /// <summary>Tells what they say, and whether the log has them by the proof that they bring.</summary>
    /// <param name="context">The command.</param>
    /// <param name="receipts">The receipts.</param>
    /// <param name="policy">Which log; null where nobody has said, and no proof is looked at.</param>
    /// <exception cref="CommandException">There is none, or a proof does not hold.</exception>
    public static void Tell(CliContext context, ImmutableArray<AuditReceipt> receipts, LogPolicy? policy)
    {
        if (receipts.IsEmpty)
            throw new CommandException(CliFailure.Usage(
                "there is nothing to verify: --log or --dir names a log, --receipt a receipt"));
        if (policy is not null)
            Refuse(
                [.. receipts.Where(receipt => receipt.Signed.HasProof && !receipt.Signed.IsLogged(policy))
                    .Select(receipt => (receipt.File, LogFaultText.UnprovedReceipt))],
                receipts.Length);
        context.Output.Result(
            receipts is [var one]
                ? ToJson(one, policy)
                : new JsonObject { ["receipts"] = receipts.Select(r => (JsonNode?)ToJson(r, policy, r.File)).ToJson() },
            people =>
            {
                foreach (var receipt in receipts)
                {
                    if (receipts.Length > 1) people.WriteLine($"{Words.Argument(receipt.File)}:");
                    ReceiptText.Write(people, receipt.Receipt);
                    if (policy is not null)
                        people.WriteLine(receipt.Signed.HasProof
                            ? "It proves that the log has it."
                            : "It was given before the log had it: --log or --dir looks for it there.");
                }
            });
    }

    private static JsonObject ToJson(AuditReceipt receipt, LogPolicy? policy, string? file = null)
    {
        var told = receipt.ToJson();
        if (file is not null) told.Insert(0, "file", file);
        if (policy is not null) told["logged"] = receipt.Signed.HasProof;
        return told;
    }

    /// <summary>What a program is told of each.</summary>
    /// <param name="receipts">The receipts.</param>
    /// <param name="placeOf">Where in the log.</param>
    public static JsonArray ToJson(IEnumerable<AuditReceipt> receipts, Func<AuditReceipt, ulong?> placeOf) =>
        receipts.Select(receipt =>
        {
            var told = receipt.ToJson();
            told.Insert(0, "file", receipt.File);
            told["index"] = placeOf(receipt);
            return (JsonNode?)told;
        }).ToJson();
}
