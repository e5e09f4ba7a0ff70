using System.Text;
using System.Text.Json.Nodes;
using KeyRecovery.Cli.Failures;
using KeyRecovery.Cli.Input;
using KeyRecovery.Cli.Output;
using KeyRecovery.Protocol.Audit;
using KeyRecovery.Protocol.Vault;
using KeyRecovery.Protocol.Wire;

namespace KeyRecovery.Cli.Auditing;

/// <summary>A receipt that one of the keys given has signed.</summary>
/// <param name="File">The file's name.</param>
/// <param name="Signed">The receipt, with the log's proof where it has one.</param>
internal sealed record AuditReceipt(string File, SignedErasureReceipt Signed)
{
    private const int Most = 2 * SignedErasureReceipt.MaxSize;

    private static readonly CliFailure None = new("receipt-invalid", "the file holds no receipt");

    /// <summary>What it says.</summary>
    public ErasureReceipt Receipt => Signed.Receipt;

    /// <summary>What a leaf of the log commits to (docs/protocol.md §17): SHA-256 of the signed statement.</summary>
    public Hash256 Hash { get; } = Hash256.Of(Signed.Statement.Span);

    /// <summary>Reads a file: the receipt's bytes, or base64url.</summary>
    /// <exception cref="CommandException">It is no receipt, or nobody who was named has signed it.</exception>
    public static async Task<AuditReceipt> ReadAsync(
        string file, IReadOnlyCollection<VerifyKey> auditKeys, CancellationToken ct)
    {
        var signed = Decode(await BoundedFile.ReadAsync(file, Most, _ => None, ct));
        if (!auditKeys.Any(signed.IsSignedBy))
            throw new CommandException(
                new CliFailure("receipt-invalid", "the receipt is not signed by that server, or was changed"));
        return new AuditReceipt(file, signed);
    }

    /// <summary>What a program is told of it.</summary>
    public JsonObject ToJson() => new()
    {
        ["erasureId"] = Receipt.Id.ToString(),
        ["level"] = Receipt.Level,
        ["app"] = Receipt.App,
        ["subject"] = Receipt.Subject.ToString(),
        ["requestedBy"] = Receipt.RequestedBy.ToString().ToLowerInvariant(),
        ["requestedAt"] = Receipt.RequestedAt,
        ["erasedAt"] = Receipt.ErasedAt,
        ["kek"] = Receipt.Kek,
        ["kekDestroyedAt"] = Receipt.KekDestroyedAt,
        ["proofs"] = Receipt.Proofs.Select(p => Words.Kebab(p.ToString())).ToJson(),
    };

    private static SignedErasureReceipt Decode(byte[] file)
    {
        var text = Encoding.Latin1.GetString(file).Trim();
        try
        {
            return SignedErasureReceipt.Decode(
                Base64UrlText.TryDecodeUpTo(text, SignedErasureReceipt.MaxSize, out var bytes) && bytes.Length > 0
                    ? bytes : file);
        }
        catch (WireFormatException)
        {
            throw new CommandException(None);
        }
        catch (UpgradeRequiredException)
        {
            throw new CommandException(
                new CliFailure(RuleWords.Of(ProtocolFault.UpgradeRequired),
                    "the receipt is of a newer version: update this program"));
        }
    }
}
