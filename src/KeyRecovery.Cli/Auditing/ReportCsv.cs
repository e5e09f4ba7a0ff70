using System.Globalization;
using System.Text;
using KeyRecovery.Protocol.Wire;

namespace KeyRecovery.Cli.Auditing;

/// <summary>
/// The report's rows as CSV (RFC 4180, with CRLF). A field that a spreadsheet would take for a formula begins with an
/// apostrophe.
/// </summary>
internal static class ReportCsv
{
    private static readonly string[] Columns =
    [
        "erasure", "requested by", "requested at", "held until", "request leaf", "called off at", "called off leaf",
        "level 1 at", "level 1 leaf", "level 1 after s", "level 2 at", "level 2 leaf", "level 2 after s", "exceptions",
    ];

    public static byte[] Write(AuditReport report)
    {
        var text = new StringBuilder();
        Line(text, Columns);
        foreach (var row in report.Rows) Line(text, Fields(report, row));
        return Encoding.UTF8.GetBytes(text.ToString());
    }

    /// <summary>A field as it stands in the file.</summary>
    public static string Field(string value)
    {
        if (value.Length > 0 && value[0] is '=' or '+' or '-' or '@' or '\t' or '\r') value = "'" + value;
        return value.AsSpan().IndexOfAny(",\"\r\n") < 0
            ? value : $"\"{value.Replace("\"", "\"\"", StringComparison.Ordinal)}\"";
    }

    /// <summary>A time as all files have it.</summary>
    public static string Time(ulong? seconds) => seconds is { } at
        ? ToldTime.At(at).ToString("yyyy-MM-dd'T'HH:mm:ss'Z'", CultureInfo.InvariantCulture) : "";

    private static IEnumerable<string> Fields(AuditReport report, ReportRow row)
    {
        yield return row.Erasure;
        yield return row.RequestedBy;
        yield return Time(row.RequestedAt);
        yield return Time(row.DueAt);
        yield return Number(row.LeafOf(AuditEvent.ErasureRequested)?.Index);
        yield return Time(row.TimeOf(AuditEvent.ErasureCancelled));
        yield return Number(row.LeafOf(AuditEvent.ErasureCancelled)?.Index);
        foreach (var level in new[] { AuditEvent.Erased, AuditEvent.ErasedEverywhere })
        {
            yield return Time(row.TimeOf(level));
            yield return Number(row.LeafOf(level)?.Index);
            yield return Number(row.SecondsTo(level));
        }

        yield return string.Join("; ", report.ExceptionsOf(row));
    }

    private static string Number(ulong? number) => number?.ToString(CultureInfo.InvariantCulture) ?? "";

    private static void Line(StringBuilder text, IEnumerable<string> fields) =>
        text.AppendJoin(',', fields.Select(Field)).Append("\r\n");
}
