using System.Numerics;
using System.Text;
using KeyRecovery.Protocol.Primitives;
using KeyRecovery.Protocol.Recovery;
using KeyRecovery.Protocol.Vault;
using KeyRecovery.Protocol.Wire;
using KeyRecovery.Testing.Hosting;

namespace KeyRecovery.EndToEnd.Tests.Memory;

/// <summary>What must not be in the memory of a client, and what the client's own draws tell of it.</summary>
internal static class ClientSecrets
{
    // Half a secret is one as well: no part of so many characters or bytes of it may be left.
    private const int Part = 12;

    /// <summary>The codes that were made: their entropy, their text, and the seeds of their slots.</summary>
    public static IEnumerable<Canary> OfCodes(string folder) =>
        ToldRandom.Draws(Path.Combine(folder, "codes"), 16).SelectMany((entropy, i) => OfCode(entropy, $"code {i}"));

    /// <summary>A passphrase, whole and in parts.</summary>
    public static IEnumerable<Canary> OfText(string what, string text) =>
        from at in Enumerable.Range(0, text.Length / Part)
        let part = text.Substring(at * Part, Part)
        select Canary.Of($"{what} from {at * Part}", part);

    /// <summary>
    /// What the SDK drew of 32 bytes (seeds, epoch and label keys, keys of files and of links) or 64 (encapsulations,
    /// scalars), but for what it has published since.
    /// </summary>
    public static async Task<IEnumerable<Canary>> OfDrawsAsync(string folder)
    {
        using var state = await new FileDeviceStore(Path.Combine(folder, "phone")).LoadAsync(default);
        var bearers = File.ReadAllLines(Path.Combine(folder, "bearers")).ToHashSet();
        byte[][] published = [SignedChainLink.Decode(state!.Known!.Links[0]).Link.Previous.ToArray()];
        return
            from size in new[] { 32, 64 }
            from draw in ToldRandom.Draws(Path.Combine(folder, "draws"), size).Select((bytes, i) => (bytes, i))
            where !published.Any(p => p.AsSpan().SequenceEqual(draw.bytes))
                && !bearers.Contains(Base64UrlText.Encode(draw.bytes))
            select new Canary($"draw {draw.i} of {size} bytes", draw.bytes);
    }

    /// <summary>The newest code as a person types it.</summary>
    public static string NewestCode(string folder)
    {
        using var code = RecoveryCode.Generate(new Repeated(ToldRandom.Draws(Path.Combine(folder, "codes"), 16)[^1]));
        return code.ToDisplayString();
    }

    /// <summary>A code: its entropy, its text, and the seeds of its slot.</summary>
    public static IEnumerable<Canary> OfCode(byte[] entropy, string what)
    {
        using var code = RecoveryCode.Generate(new Repeated(entropy));
        var characters = code.ToDisplayString().Replace(" ", "", StringComparison.Ordinal)[3..];
        yield return new Canary($"entropy of {what}", entropy);
        foreach (var part in OfText(what, characters)) yield return part;
        // In its groups, as it is shown.
        foreach (var part in OfText($"{what} as shown", code.ToDisplayString()[4..])) yield return part;
        foreach (var use in new[] { "signing", "kem" })
        {
            var seed = new byte[32];
            Kdf.Derive(entropy, Encoding.ASCII.GetBytes($"keyrecovery/v1/code-slot-{use}"), seed);
            yield return new Canary($"{use} seed of {what}", seed);
        }
    }

    /// <summary>The 16 bytes of which a code is made, from its text (docs/protocol.md §8).</summary>
    public static byte[] EntropyOf(string code)
    {
        const string Letters = "qpzry9x8gf2tvdw0s3jn54khce6mua7l";
        // 26 characters of five bits: two of the version, and 128.
        var value = code.Replace(" ", "", StringComparison.Ordinal)[3..29].Aggregate(
            BigInteger.Zero, (sum, c) => (sum << 5) | Letters.IndexOf(c, StringComparison.Ordinal));
        var bytes = value.ToByteArray(isUnsigned: true, isBigEndian: true);
        byte[] entropy = [.. new byte[Math.Max(0, 16 - bytes.Length)], .. bytes.TakeLast(16)];
        using var again = RecoveryCode.Generate(new Repeated(entropy));
        Assert.Equal(code, again.ToDisplayString());
        return entropy;
    }

    private sealed class Repeated(byte[] bytes) : IRandom
    {
        public void Fill(Span<byte> destination) => bytes.CopyTo(destination);
    }
}
