using System.ComponentModel;

namespace KeyRecovery.Api.Bodies;

/// <summary>Of which leaves of the log an auditor asks.</summary>
internal sealed record ErasureRecordsRequest
{
    [Description("The hashes of leaves (RFC 6962 §2.1), base64url: at most 200.")]
    public required IReadOnlyList<string> Leaves { get; init; }
}
