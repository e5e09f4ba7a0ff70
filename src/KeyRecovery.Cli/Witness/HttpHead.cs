using System.Globalization;
using System.Text;

namespace KeyRecovery.Cli.Witness;

/// <summary>The head of a request (RFC 9112 §3, §5), as much of it as a witness needs.</summary>
/// <param name="Method">The method.</param>
/// <param name="Target">The target.</param>
/// <param name="BodySize">How many bytes the body has.</param>
/// <param name="IsLast">Whether the connection ends behind the answer.</param>
/// <param name="AwaitsWord">Whether the body comes only when it was asked for (<c>Expect: 100-continue</c>).</param>
internal sealed record HttpHead(string Method, string Target, long BodySize, bool IsLast, bool AwaitsWord)
{
    private const int NewestMinor = 1;

    /// <summary>Reads a head without the empty line behind it. Strict: what two readers could read in two ways is
    /// refused.</summary>
    /// <param name="bytes">The head.</param>
    /// <param name="status">Why not: 400, or 411 for a body of an unknown length.</param>
    public static HttpHead? TryParse(ReadOnlySpan<byte> bytes, out int status)
    {
        status = 400;
        var lines = Encoding.Latin1.GetString(bytes).Split("\r\n");
        if (lines.Any(line => line.Any(c => char.IsControl(c) && c != '\t'))) return null;
        if (lines[0].Split(' ') is not [{ Length: > 0 } method, ['/', ..] target, var version]) return null;
        if (version is not ("HTTP/1.0" or "HTTP/1.1")) return null;
        var isNew = version[^1] - '0' == NewestMinor;
        var fields = new Dictionary<string, string>(StringComparer.OrdinalIgnoreCase);
        foreach (var line in lines.Skip(1))
        {
            var colon = line.IndexOf(':', StringComparison.Ordinal);
            if (colon <= 0 || line.AsSpan(0, colon).ContainsAny(" \t")) return null;
            var (name, value) = (line[..colon], line[(colon + 1)..].Trim(' ', '\t'));
            if (fields.TryAdd(name, value)) continue;
            // Of these there is one, or nobody knows where the body ends.
            if (name.ToUpperInvariant() is "CONTENT-LENGTH" or "HOST" or "TRANSFER-ENCODING") return null;
            fields[name] += ", " + value;
        }

        if (isNew && !fields.ContainsKey("Host")) return null;
        if (fields.ContainsKey("Transfer-Encoding"))
        {
            status = fields.ContainsKey("Content-Length") ? 400 : 411;
            return null;
        }

        var size = 0L;
        if (fields.TryGetValue("Content-Length", out var told)
            && !long.TryParse(told, NumberStyles.None, CultureInfo.InvariantCulture, out size)) return null;
        var wishes = fields.GetValueOrDefault("Connection", "").Split(',', StringSplitOptions.TrimEntries);
        bool Wishes(string what) => wishes.Contains(what, StringComparer.OrdinalIgnoreCase);
        return new HttpHead(
            method, target, size, isNew ? Wishes("close") : !Wishes("keep-alive"),
            fields.GetValueOrDefault("Expect", "").Equals("100-continue", StringComparison.OrdinalIgnoreCase));
    }
}
