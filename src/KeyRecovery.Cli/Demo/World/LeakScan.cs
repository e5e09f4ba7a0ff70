using System.Text;

namespace KeyRecovery.Cli.Demo.World;

/// <summary>Looks for secrets in all files of a folder, in every spelling in which they could have leaked.</summary>
internal sealed class LeakScan
{
    private const int Attempts = 100;

    private static readonly TimeSpan Pause = TimeSpan.FromMilliseconds(20);

    private readonly List<(string Secret, byte[] Spelling)> _needles = [];

    /// <summary>How many secrets are looked for.</summary>
    public int Secrets { get; private set; }

    /// <summary>How many bytes were looked through, in how many files.</summary>
    public (long Bytes, int Files) Searched { get; private set; }

    /// <summary>Adds bytes: raw, hex, base64 and base64url at each alignment, UTF-16.</summary>
    public void Add(string what, ReadOnlySpan<byte> secret)
    {
        Secrets++;
        var hex = Convert.ToHexString(secret);
        AddSpelling(what, secret.ToArray());
        AddSpelling(what, Encoding.Unicode.GetBytes(Encoding.Latin1.GetString(secret)));
        foreach (var text in (string[])[hex, hex.ToLowerInvariant(), .. Base64(secret.ToArray())])
        {
            AddSpelling(what, Encoding.ASCII.GetBytes(text));
            AddSpelling(what, Encoding.Unicode.GetBytes(text));
        }
    }

    /// <summary>Adds a text.</summary>
    public void Add(string what, string secret) => Add(what, Encoding.UTF8.GetBytes(secret));

    /// <summary>What was found, where.</summary>
    public async Task<IReadOnlyList<string>> RunAsync(string folder, CancellationToken ct)
    {
        var (found, bytes, files) = await StillAsync(() => Look(folder), ct);
        Searched = (Searched.Bytes + bytes, Searched.Files + files);
        return found;
    }

    /// <summary>
    /// Does something with the files of a server that runs. What that writes anew has another name until it is whole,
    /// and is its own to read: whoever met such a file begins again.
    /// </summary>
    public static async Task<T> StillAsync<T>(Func<T> look, CancellationToken ct)
    {
        for (var left = Attempts; ; left--)
        {
            try
            {
                return look();
            }
            catch (IOException) when (left > 0)
            {
                await Task.Delay(Pause, ct);
            }
        }
    }

    private (List<string> Found, long Bytes, int Files) Look(string folder)
    {
        var (found, all, files) = (new List<string>(), 0L, 0);
        foreach (var path in Directory.EnumerateFiles(folder, "*", SearchOption.AllDirectories))
        {
            var bytes = Read(path);
            (all, files) = (all + bytes.Length, files + 1);
            found.AddRange(_needles
                .Where(needle => bytes.AsSpan().IndexOf(needle.Spelling) >= 0)
                .Select(needle => $"{needle.Secret} in {Path.GetRelativePath(folder, path)}")
                .Distinct());
        }

        return (found, all, files);
    }

    /// <summary>Reads a file that the server may be writing.</summary>
    public static byte[] Read(string path)
    {
        // A lock file is held by the server alone, and holds nothing.
        if (new FileInfo(path).Length == 0) return [];
        using var file = new FileStream(path, FileMode.Open, FileAccess.Read, FileShare.ReadWrite | FileShare.Delete);
        using var copy = new MemoryStream();
        file.CopyTo(copy);
        return copy.ToArray();
    }

    private void AddSpelling(string what, byte[] spelling) => _needles.Add((what, spelling));

    // Of each alignment the characters that depend on the secret alone.
    private static IEnumerable<string> Base64(byte[] secret)
    {
        for (var shift = 0; shift < 3; shift++)
        {
            var text = Convert.ToBase64String([.. new byte[shift], .. secret]);
            var core = text[(shift == 0 ? 0 : shift + 1)..((secret.Length + shift) / 3 * 4)];
            yield return core;
            yield return core.Replace('+', '-').Replace('/', '_');
        }
    }
}
