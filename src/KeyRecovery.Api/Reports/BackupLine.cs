using System.Text.Json;

namespace KeyRecovery.Api.Reports;

/// <summary>How far a backup is, as a line.</summary>
/// <param name="Phase"><c>data</c> (in bytes), <c>keys</c> (in rows) or <c>checking</c>.</param>
/// <param name="Done">How much is there.</param>
/// <param name="Of">Of about how much; null where nobody knows.</param>
internal sealed record BackupLine(string Phase, long Done, long? Of)
{
    private const double Mebi = 1 << 20;

    public string ToJson() => JsonSerializer.Serialize(this, ReportJson.Default.BackupLine);

    public string ToText() => Phase switch
    {
        "data" => FormattableString.Invariant($"data: {Done / Mebi:F1} of at most {(Of ?? 0) / Mebi:F1} MiB"),
        "keys" => $"keys: {Done} rows",
        _ => "checking what was written",
    };
}
