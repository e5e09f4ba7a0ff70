using System.Globalization;
using System.Net.Sockets;
using System.Security.Cryptography;
using System.Text;

namespace KeyRecovery.Client.Tests.LyingServer;

/// <summary>A request, as it came.</summary>
/// <param name="Method">Its method.</param>
/// <param name="Target">Path and query.</param>
/// <param name="Headers">In their order.</param>
/// <param name="Body">All of it.</param>
internal sealed record Heard(
    string Method, string Target, IReadOnlyList<(string Name, string Value)> Headers, byte[] Body)
{
    /// <summary>The path alone.</summary>
    public string Path => Target.Split('?')[0];

    /// <summary>Whether a vault is asked for.</summary>
    public bool IsVault => Path is "/v1/vault" or "/v1/recovery";

    /// <summary>Whether something is changed by it.</summary>
    public bool Writes => Path is "/v1/commits" or "/v1/repair" or "/v1/accounts" || Method == "PUT";

    /// <summary>The first version whose hash is asked for; 1 where none is named.</summary>
    public int ManifestAfter => Target.Split("manifestAfter=") is [_, var text]
        ? int.Parse(text.Split('&')[0], CultureInfo.InvariantCulture) : 1;

    /// <summary>Every byte of it.</summary>
    public byte[] Bytes => [.. Encoding.UTF8.GetBytes($"{Method} {Target}\n{Lines(_ => true)}\n"), .. Body];

    /// <summary>
    /// All by which a server can tell two requests apart, but for signatures, which differ in any two by their times.
    /// </summary>
    public string Shape =>
        $"{Method} {Target}\n{Lines(name => !name.StartsWith("Signature", StringComparison.Ordinal))}\n"
        + $"{Body.Length}: {Convert.ToHexStringLower(SHA256.HashData(Body))}";

    /// <summary>Reads one; null where the client has gone.</summary>
    public static async Task<Heard?> ReadAsync(NetworkStream stream, CancellationToken ct)
    {
        var head = new List<byte>();
        var one = new byte[1];
        while (head.Count < 4 || !head[^4..].SequenceEqual("\r\n\r\n"u8.ToArray()))
        {
            if (await stream.ReadAsync(one, ct) == 0) return null;
            head.Add(one[0]);
        }
        var lines = Encoding.Latin1.GetString([.. head]).Split("\r\n", StringSplitOptions.RemoveEmptyEntries);
        var headers = lines[1..].Select(line => line.Split(':', 2)).Select(l => (l[0], l[1].Trim())).ToArray();
        var length = headers.Where(h => h.Item1 == "Content-Length").Select(h => h.Item2).SingleOrDefault("0");
        var body = new byte[int.Parse(length, CultureInfo.InvariantCulture)];
        await stream.ReadExactlyAsync(body, ct);
        var words = lines[0].Split(' ');
        return new Heard(words[0], words[1], headers, body);
    }

    private string Lines(Func<string, bool> values) =>
        string.Join('\n', Headers.Select(h => values(h.Name) ? $"{h.Name}: {h.Value}" : h.Name));
}
