using System.ComponentModel;

namespace KeyRecovery.Api.Bodies;

/// <summary>What verifies this server's receipts, and its log.</summary>
internal sealed record AuditKeyResponse(
    [property: Description("Ed25519, base64url.")] string Key,
    [property: Description("The verifier key of the log's checkpoints, by C2SP signed-note.")] string Log,
    [property: Description("The key before it, while that still signs beside it.")] string? LogBefore);
