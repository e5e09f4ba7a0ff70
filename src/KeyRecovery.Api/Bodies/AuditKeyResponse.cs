using System.ComponentModel;

namespace KeyRecovery.Api.Bodies;

/// <summary>What verifies this server's receipts.</summary>
internal sealed record AuditKeyResponse([property: Description("Ed25519, base64url.")] string Key);
