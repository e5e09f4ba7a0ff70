using System.Buffers.Binary;
using System.Text;

namespace KeyRecovery;

/// <summary>
/// Passphrases of random words: 12.9 bits a word, from EFF's Long Wordlist (CC BY 3.0 US, see README.md in this
/// folder). Six words, the default, are 77 bits: nobody searches that, not even the operator of every realm.
/// </summary>
public static class PassphraseWords
{
    /// <summary>Words of a passphrase unless told otherwise.</summary>
    public const int DefaultCount = 6;

    /// <summary>Words of the list: 6^5.</summary>
    internal const int ListLength = 7776;

    private static readonly Lazy<string[]> List = new(Load);

    /// <summary>Draws a passphrase.</summary>
    /// <param name="random">Where the words come from.</param>
    /// <param name="count">4 to 12 words.</param>
    /// <returns>The words in lower case, with a space between two.</returns>
    public static string Generate(IRandom random, int count = DefaultCount)
    {
        ArgumentOutOfRangeException.ThrowIfLessThan(count, 4);
        ArgumentOutOfRangeException.ThrowIfGreaterThan(count, 12);
        var words = List.Value;
        return string.Join(' ', Enumerable.Range(0, count).Select(_ => words[Draw(random)]));
    }

    /// <summary>The words, in the list's order.</summary>
    internal static IReadOnlyList<string> Words => List.Value;

    // 2^16 is no multiple of 7,776: the rest is drawn anew, so that every word is as likely.
    private static int Draw(IRandom random)
    {
        const int limit = ushort.MaxValue / ListLength * ListLength;
        Span<byte> bytes = stackalloc byte[2];
        int value;
        do
        {
            random.Fill(bytes);
            value = BinaryPrimitives.ReadUInt16BigEndian(bytes);
        }
        while (value >= limit);
        return value % ListLength;
    }

    private static string[] Load()
    {
        using var stream = typeof(PassphraseWords).Assembly.GetManifestResourceStream("eff-large-wordlist.txt")!;
        using var reader = new StreamReader(stream, Encoding.ASCII);
        return reader.ReadToEnd().Split('\n', StringSplitOptions.RemoveEmptyEntries);
    }
}
