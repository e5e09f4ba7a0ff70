namespace KeyRecovery.Cli.Auditing;

/// <summary>The files of a report: three of the same, for programs, for spreadsheets and for people.</summary>
internal static class ReportFiles
{
    public const string Json = "report.json";

    /// <summary>Each with its content.</summary>
    public static IEnumerable<(string Name, byte[] Content)> Of(AuditReport report) =>
    [
        (Json, ReportJson.Write(report)), ("erasures.csv", ReportCsv.Write(report)),
        ("report.html", ReportHtml.Write(report)),
    ];
}
