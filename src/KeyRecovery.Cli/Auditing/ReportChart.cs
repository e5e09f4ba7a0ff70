using System.Globalization;
using System.Net;
using System.Text;

namespace KeyRecovery.Cli.Auditing;

/// <summary>A bar chart as inline SVG, with its numbers as a table for whoever sees no picture.</summary>
/// <param name="Id">An id that no other chart of the page has.</param>
/// <param name="Title">What it shows.</param>
/// <param name="Unit">What is counted.</param>
/// <param name="Bars">Each bar's name and number.</param>
internal sealed record ReportChart(string Id, string Title, string Unit, IReadOnlyList<(string Name, int Count)> Bars)
{
    private const int Width = 720;
    private const int Height = 240;
    private const int Left = 44;
    private const int Bottom = 34;
    private const int Top = 18;

    // The numbers of more bars would lie on one another.
    private const int MostValues = 12;

    // A letter of a name, and what is between two of them, so that they do not either.
    private const double Letter = 6.5;
    private const double Gap = 8;

    public void Write(StringBuilder page)
    {
        var most = Math.Max(1, Bars.Count == 0 ? 0 : Bars.Max(bar => bar.Count));
        page.Append("<figure>\n<svg role=\"img\" aria-labelledby=\"").Append(Id)
            .Append(CultureInfo.InvariantCulture, $"\" viewBox=\"0 0 {Width} {Height}\">\n<title id=\"").Append(Id)
            .Append("\">").Append(Text(Title)).Append("</title>\n");
        foreach (var mark in Marks(most))
        {
            var y = Y(mark, most);
            Append(page, $"<line class=\"grid\" x1=\"{Left}\" x2=\"{Width}\" y1=\"{y:0.#}\" y2=\"{y:0.#}\"/>");
            WriteText(page, "axis", Left - 6, y + 4, "end", $"{mark:N0}");
        }

        var step = (double)(Width - Left) / Math.Max(1, Bars.Count);
        var wide = Letter * Bars.Select(bar => bar.Name.Length).DefaultIfEmpty().Max();
        var each = (int)Math.Ceiling((wide + Gap) / step);
        for (var i = 0; i < Bars.Count; i++)
        {
            var (name, count) = Bars[i];
            var (x, y) = (Left + step * i, Y(count, most));
            var high = Height - Bottom - y;
            if (count > 0)
            {
                Append(page, $"<rect class=\"bar\" x=\"{x + step * 0.1:0.##}\" y=\"{y:0.##}\"");
                Append(page, $" width=\"{step * 0.8:0.##}\" height=\"{high:0.##}\">");
                Append(page, $"<title>{Text(name)}: {count:N0}</title></rect>");
                if (Bars.Count <= MostValues) WriteText(page, "value", x + step / 2, y - 4, "middle", $"{count:N0}");
            }

            // One that would be cut off at the end is left out.
            var middle = x + step / 2;
            if (i % each == 0 && middle + wide / 2 <= Width)
                WriteText(page, "axis", middle, Height - Bottom + 16, "middle", $"{name}");
        }

        page.Append("</svg>\n<figcaption>").Append(Text(Title))
            .Append("</figcaption>\n<details><summary>The numbers</summary>\n<table><thead><tr><th scope=\"col\">")
            .Append(Text(Title)).Append("</th><th scope=\"col\">").Append(Text(Unit))
            .Append("</th></tr></thead><tbody>");
        foreach (var (name, count) in Bars)
            Append(page, $"<tr><th scope=\"row\">{Text(name)}</th><td>{count:N0}</td></tr>");
        page.Append("</tbody></table></details>\n</figure>\n");
    }

    private static double Y(double count, int most) => Top + (Height - Bottom - Top) * (1 - count / most);

    private static IEnumerable<int> Marks(int most)
    {
        yield return 0;
        if (most > 1) yield return most / 2;
        yield return most;
    }

    private static void WriteText(
        StringBuilder page, string kind, double x, double y, string anchor, FormattableString text) =>
        Append(
            page,
            $"<text class=\"{kind}\" x=\"{x:0.##}\" y=\"{y:0.##}\" text-anchor=\"{anchor}\">{Say(text)}</text>");

    private static string Say(FormattableString text) => Text(text.ToString(CultureInfo.InvariantCulture));

    private static string Text(string text) => WebUtility.HtmlEncode(text);

    private static void Append(StringBuilder page, FormattableString line) =>
        page.Append(line.ToString(CultureInfo.InvariantCulture)).Append('\n');
}
