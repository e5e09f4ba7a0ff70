using System.Text;
using QRCoder;

namespace KeyRecovery.Cli.Kit;

/// <summary>
/// A QR code (ISO/IEC 18004) with a quiet zone of four modules. A recovery code in capitals and without spaces is
/// alphanumeric, 35 characters, and fits the small version 3 with the highest error correction.
/// </summary>
internal sealed class QrSymbol
{
    private const int PngSide = 300;

    private readonly bool[][] _rows;

    private QrSymbol(bool[][] rows) => _rows = rows;

    /// <summary>Modules on a side, quiet zone included.</summary>
    public int Size => _rows.Length;

    /// <summary>Whether the module is dark.</summary>
    public bool this[int x, int y] => _rows[y][x];

    /// <summary>The symbol of a recovery code as it is shown.</summary>
    public static QrSymbol OfCode(string display) => Of(Payload(display), QRCodeGenerator.ECCLevel.H);

    /// <summary>
    /// The symbol of a link code: 103 alphanumeric characters in version 5, on a screen that is whole.
    /// </summary>
    public static QrSymbol OfLink(string text) => Of(text, QRCodeGenerator.ECCLevel.M);

    /// <summary>The symbol of digits, to be compared by a camera.</summary>
    public static QrSymbol OfNumber(string digits) => Of(digits, QRCodeGenerator.ECCLevel.M);

    /// <summary>A link code as a PNG of at least 300 pixels on a side, quiet zone included.</summary>
    public static byte[] ToPng(string text)
    {
        using var generator = new QRCodeGenerator();
        using var data = generator.CreateQrCode(text, QRCodeGenerator.ECCLevel.M);
        using var png = new PngByteQRCode(data);
        return png.GetGraphic((PngSide + data.ModuleMatrix.Count - 1) / data.ModuleMatrix.Count);
    }

    private static QrSymbol Of(string text, QRCodeGenerator.ECCLevel level)
    {
        using var generator = new QRCodeGenerator();
        using var data = generator.CreateQrCode(text, level);
        return new QrSymbol([.. data.ModuleMatrix.Select(row => row.Cast<bool>().ToArray())]);
    }

    /// <summary>What the symbol says: capitals, no spaces.</summary>
    public static string Payload(string display) =>
        display.Replace(" ", "", StringComparison.Ordinal).ToUpperInvariant();

    /// <summary>As inline SVG, dark on white whatever is around it.</summary>
    /// <param name="label">What a screen reader says.</param>
    public string ToSvg(string label)
    {
        var path = new StringBuilder();
        for (var y = 0; y < Size; y++)
        {
            for (var x = 0; x < Size; x++)
            {
                var run = x;
                while (run < Size && this[run, y]) run++;
                if (run == x) continue;
                path.Append(System.Globalization.CultureInfo.InvariantCulture, $"M{x} {y}h{run - x}v1h-{run - x}z");
                x = run;
            }
        }
        return $"""<svg xmlns="http://www.w3.org/2000/svg" viewBox="0 0 {Size} {Size}" role="img" """
            + $"""aria-label="{label}" shape-rendering="crispEdges">"""
            + $"""<path fill="#fff" d="M0 0h{Size}v{Size}h-{Size}z"/><path fill="#000" d="{path}"/></svg>""";
    }

    /// <summary>
    /// As lines of half-block characters, two modules high: the light ones are drawn, so that it shows on a dark
    /// terminal without colours.
    /// </summary>
    public IEnumerable<string> ToLines()
    {
        for (var y = 0; y < Size; y += 2)
        {
            var line = new StringBuilder(Size);
            for (var x = 0; x < Size; x++)
            {
                var (upper, lower) = (!this[x, y], y + 1 >= Size || !this[x, y + 1]);
                line.Append(
                    (upper, lower) switch { (true, true) => '█', (true, false) => '▀', (false, true) =>
                        '▄', _ => ' ' });
            }
            yield return line.ToString();
        }
    }
}
