using System.Globalization;
using System.Net;
using System.Security.Cryptography;
using System.Text;

namespace KeyRecovery.Cli.Auditing;

/// <summary>
/// The report as a page for people: nothing is fetched, no script runs, light and dark, on paper as well. All that it
/// shows is escaped, whoever named it.
/// </summary>
internal static class ReportHtml
{
    private const string Style = """
        :root{color-scheme:light dark;--ink:#1c2024;--soft:#5b6470;--line:#d5dae0;--back:#fff}
        :root{--bar:#2f6f9f;--warn:#8a4b00}
        @media (prefers-color-scheme:dark){:root{--ink:#e6e9ed;--soft:#a3adb8;--line:#3a424b;--back:#15181b}
        :root{--bar:#6fb1e0;--warn:#f0b35e}}
        body{margin:0 auto;max-width:60rem;padding:1.5rem;background:var(--back);color:var(--ink)}
        body{font:1rem/1.5 system-ui,sans-serif}
        h1{font-size:1.6rem;margin:0 0 .5rem}h2{font-size:1.2rem;margin:2rem 0 .5rem}p{max-width:44rem}
        dl{display:grid;grid-template-columns:max-content 1fr;gap:.2rem 1.2rem;margin:1rem 0}dt{color:var(--soft)}
        dd{margin:0;overflow-wrap:anywhere}figure{margin:1rem 0}svg{width:100%;height:auto}
        figcaption,summary{color:var(--soft);font-size:.9rem}.grid{stroke:var(--line)}.bar{fill:var(--bar)}
        .axis,.value{fill:var(--soft);font-size:12px}.scroll{overflow-x:auto}
        table{border-collapse:collapse;font-size:.85rem;font-variant-numeric:tabular-nums}
        th,td{border-bottom:1px solid var(--line);padding:.25rem .6rem;text-align:start;vertical-align:top}
        td.n{text-align:end}tbody th{font-weight:400}.warn{color:var(--warn)}code{font-size:.9em}
        .scroll td:nth-child(-n+7){white-space:nowrap}.scroll td:nth-child(8){min-width:9em}
        @media (max-width:36rem){body{padding:1rem}dl{display:block}dd{margin:0 0 .4rem}}
        @page{size:A4;margin:15mm}@page wide{size:A4 landscape;margin:12mm}
        @media print{:root{--ink:#000;--soft:#333;--line:#999;--back:#fff;--bar:#444;--warn:#000}
        body{max-width:none;padding:0;font-size:10pt}.scroll{overflow:visible}table{font-size:7pt}
        section{page:wide}.scroll table{font-size:6.5pt}.scroll :is(th,td){padding:.15rem .35rem}h2{margin-top:1.2rem}
        h2{break-after:avoid}tr,figure{break-inside:avoid}thead{display:table-header-group}details{display:none}}
        """;

    private static readonly (string Name, ulong Below)[] Spans =
    [
        ("10 s", 10), ("1 min", 60), ("10 min", 600), ("1 h", 3600), ("6 h", 21600), ("1 day", 86400),
        ("3 days", 259200), ("7 days", 604800), ("30 days", 2592000), ("more", ulong.MaxValue),
    ];

    public static byte[] Write(AuditReport report)
    {
        var (page, style) = (new StringBuilder(), Style.ReplaceLineEndings("\n"));
        var hash = Convert.ToBase64String(SHA256.HashData(Encoding.UTF8.GetBytes(style)));
        page.Append("<!doctype html>\n<html lang=\"en\">\n<head>\n<meta charset=\"utf-8\">\n<meta http-equiv=\""
            + "Content-Security-Policy\" content=\"default-src 'none'; style-src 'sha256-").Append(hash)
            .Append("'; base-uri 'none'; form-action 'none'\">\n<meta name=\"viewport\" content=\"")
            .Append("width=device-width\">\n<title>Erasures ").Append(Period(report)).Append("</title>\n<style>")
            .Append(style)
            .Append("</style>\n</head>\n<body>\n<main>\n<h1>Erasures ").Append(Period(report)).Append("</h1>\n");
        WriteSummary(page, report);
        WriteCharts(page, report);
        WriteExceptions(page, report);
        WriteRows(page, report);
        return Encoding.UTF8.GetBytes(page.Append("</main>\n</body>\n</html>\n").ToString());
    }

    private static void WriteSummary(StringBuilder page, AuditReport report)
    {
        var rows = report.Population.ToList();
        int Count(AuditEvent what) => rows.Count(row => row.TimeOf(what) is not null);
        page.Append("<dl>\n");
        Fact(page, "Server", report.Server.Length == 0 ? "none was asked" : report.Server);
        Fact(page, "Log", $"{report.Origin}, {report.Size.ToString("N0", CultureInfo.InvariantCulture)} leaves");
        Fact(page, "Made at", ReportCsv.Time(report.MadeAt));
        Fact(page, "Asked for in the period", Number(rows.Count));
        Fact(page, "… by operators", Number(rows.Count(row => row.RequestedBy == "operator")));
        Fact(page, "… by devices", Number(rows.Count(row => row.RequestedBy == "device")));
        Fact(page, "Erased (level 1)", Number(Count(AuditEvent.Erased)));
        Fact(page, "Erased everywhere (level 2)", Number(Count(AuditEvent.ErasedEverywhere)));
        Fact(page, "Called off", Number(Count(AuditEvent.ErasureCancelled)));
        Fact(page, "Leaves of other apps", Number(report.Unexplained.Length));
        Fact(page, "Lines of jobs that met nobody", Number(report.Lines.Count(line => line.Outcome == "unknown")));
        page.Append("</dl>\n<p>Every leaf of the public log about an erasure since the beginning of the period stands "
            + "in a row below, or is counted as one of another app. Check it: <code>keyrecovery audit verify</code> "
            + "with this folder, the log, and the server's keys. No row names a person: who an erasure was about, the "
            + "account's own receipt tells whoever knows the account.</p>\n");
    }

    private static void WriteCharts(StringBuilder page, AuditReport report)
    {
        page.Append("<h2>Requests</h2>\n");
        new ReportChart("days", "Erasures asked for, by day (UTC)", "erasures", Days(report)).Write(page);
        page.Append("<h2>Time to erasure</h2>\n");
        new ReportChart("level1", "From the request to level 1, the hold included", "erasures",
            Distribution(report, AuditEvent.Erased)).Write(page);
        new ReportChart("level2", "From the request to level 2, backups included", "erasures",
            Distribution(report, AuditEvent.ErasedEverywhere)).Write(page);
    }

    private static List<(string, int)> Days(AuditReport report)
    {
        const ulong Day = 86400;
        var counts = report.Population.GroupBy(row => row.TimeOf(AuditEvent.ErasureRequested)!.Value / Day)
            .ToDictionary(day => day.Key, day => day.Count());
        if (counts.Count == 0) return [];
        // Empty days within are shown, those before the first and behind the last are not.
        var (first, last) = (counts.Keys.Min(), Math.Min(counts.Keys.Max(), counts.Keys.Min() + 3660));
        var days = new List<(string, int)>();
        for (var day = first; day <= last; day++)
            days.Add((ReportCsv.Time(day * Day)[..10], counts.GetValueOrDefault(day)));
        return days;
    }

    private static List<(string, int)> Distribution(AuditReport report, AuditEvent what)
    {
        var times = report.Population.Select(row => row.SecondsTo(what)).OfType<ulong>().ToList();
        ulong from = 0;
        var spans = new List<(string, int)>();
        foreach (var (name, below) in Spans)
        {
            var start = from;
            spans.Add((name == "more" ? name : $"< {name}", times.Count(time => time >= start && time < below)));
            from = below;
        }

        return spans;
    }

    private static void WriteExceptions(StringBuilder page, AuditReport report)
    {
        page.Append("<h2>Exceptions</h2>\n");
        var exceptions = report.Rows.SelectMany(row => report.ExceptionsOf(row)).GroupBy(word => word)
            .OrderBy(word => word.Key, StringComparer.Ordinal).ToList();
        if (exceptions.Count == 0)
        {
            page.Append("<p>None: each erasure went through at both levels.</p>\n");
            return;
        }

        page.Append("<table><thead><tr><th scope=\"col\">What</th><th scope=\"col\">Erasures</th></tr></thead>")
            .Append("<tbody>\n");
        foreach (var word in exceptions)
            page.Append("<tr><th scope=\"row\">").Append(Text(word.Key)).Append("</th><td class=\"n\">")
                .Append(Number(word.Count())).Append("</td></tr>\n");
        page.Append("</tbody></table>\n");
    }

    private static void WriteRows(StringBuilder page, AuditReport report)
    {
        page.Append("<section>\n<h2 id=\"all\">All erasures</h2>\n<div class=\"scroll\" tabindex=\"0\" ")
            .Append("role=\"region\" aria-labelledby=\"all\">\n<table><thead><tr>");
        foreach (var column in (string[])[
            "Erasure", "Asked by", "Asked at", "Held until", "Called off", "Level 1", "Level 2", "Leaves",
            "Exceptions"])
            page.Append("<th scope=\"col\">").Append(column).Append("</th>");
        page.Append("</tr></thead><tbody>\n");
        foreach (var row in report.Rows)
        {
            page.Append("<tr><th scope=\"row\"><code>").Append(Text(row.Erasure)).Append("</code></th>");
            foreach (var cell in (string[])[
                row.RequestedBy, ReportCsv.Time(row.RequestedAt), ReportCsv.Time(row.DueAt),
                ReportCsv.Time(row.TimeOf(AuditEvent.ErasureCancelled)), ReportCsv.Time(row.TimeOf(AuditEvent.Erased)),
                ReportCsv.Time(row.TimeOf(AuditEvent.ErasedEverywhere)),
                string.Join(", ", row.Leaves.Select(leaf => leaf.Index.ToString(CultureInfo.InvariantCulture)))])
                page.Append("<td>").Append(Text(cell)).Append("</td>");
            page.Append("<td class=\"warn\">").Append(Text(string.Join("; ", report.ExceptionsOf(row))))
                .Append("</td></tr>\n");
        }

        page.Append("</tbody></table>\n</div>\n</section>\n");
    }

    private static string Period(AuditReport report) => Text(
        $"{ReportCsv.Time(report.From)} to {ReportCsv.Time(report.To)}");

    private static void Fact(StringBuilder page, string name, string value) =>
        page.Append("<dt>").Append(name).Append("</dt><dd><bdi>").Append(Text(value)).Append("</bdi></dd>\n");

    private static string Number(int number) => number.ToString("N0", CultureInfo.InvariantCulture);

    // What turns the direction of text is shown by its number: it could make a row say something else.
    private static string Text(string text) => WebUtility.HtmlEncode(string.Concat(text.EnumerateRunes().Select(
        rune => Rune.GetUnicodeCategory(rune) is UnicodeCategory.Format or UnicodeCategory.Control
            ? $"\\u{{{rune.Value:X}}}" : rune.ToString())));
}
