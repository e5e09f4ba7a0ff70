using System.Text.Json.Serialization;

namespace KeyRecovery.Api.Reports;

/// <summary>How a backup ended, for the log, a person and <c>--json</c>.</summary>
/// <param name="Outcome"><c>done</c> or <c>failed</c>.</param>
/// <param name="Problem">Why it failed; null where it did not.</param>
/// <param name="Set">Where the set lies.</param>
/// <param name="Id">Its id, 32 hexadecimal digits.</param>
/// <param name="DataBytes">How long the data are; 0 in a set of the keys alone.</param>
/// <param name="KeyRows">How many rows of keys it has; 0 in a set of the data alone.</param>
/// <param name="Escrow">Where its escrow lies.</param>
/// <param name="ExpiresAt">When the escrow is destroyed, in seconds since 1970.</param>
/// <param name="AuditKey">The server's audit key, base64url: after the loss of everything it tells this set from one
/// that somebody else made.</param>
/// <param name="Deleted">How many sets that had expired were deleted.</param>
internal sealed record BackupReport(
    string Outcome, string? Problem, string? Set = null, string? Id = null, ulong DataBytes = 0, ulong KeyRows = 0,
    string? Escrow = null, ulong? ExpiresAt = null, string? AuditKey = null,
    int Deleted = 0)
{
    public const string DoneOutcome = "done";

    [JsonIgnore]
    public bool IsDone => Outcome == DoneOutcome;

    public static BackupReport Failed(string problem) => new("failed", problem);
}
