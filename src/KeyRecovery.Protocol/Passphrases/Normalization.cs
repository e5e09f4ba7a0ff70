using System.Buffers;
using System.Text;
using KeyRecovery.Protocol.Primitives;

namespace KeyRecovery.Protocol.Passphrases;

/// <summary>
/// Brings what two keyboards type for the same passphrase to the same text (docs/protocol.md §14.1): nothing invisible,
/// NFKC, plain spaces, quotes and dashes, ASCII digits, no blanks around.
/// </summary>
public static class Normalization
{
    // "ﬁ" is one character, "１" a wide digit, "é" an e with a combining accent: NFKC changes all three.
    private const string Probe = "\uFB01\uFF11e\u0301";
    private const string Expected = "fi1\u00E9";

    /// <summary>
    /// Whether this runtime can normalise at all. Under InvariantGlobalization .NET's NFKC leaves text as it is and
    /// says nothing: a passphrase set there would be another one on every other device.
    /// </summary>
    public static bool IsAvailable { get; } = Probe.Normalize(NormalizationForm.FormKC) == Expected;

    /// <summary>To be called when a program starts.</summary>
    /// <exception cref="PlatformNotSupportedException">This runtime cannot normalise Unicode.</exception>
    public static void Require()
    {
        if (!IsAvailable) Throw.CannotNormalize();
    }

    /// <summary>
    /// The normal form, to be disposed of; null where a character is not allowed, told in <paramref name="fault"/>.
    /// </summary>
    internal static SecretText? Apply(ReadOnlySpan<char> text, out PassphraseFault fault)
    {
        Require();
        fault = FindFault(text);
        if (fault != PassphraseFault.None) return null;
        using var visible = Visible(text);
        using var composed = Compose(visible.Span);
        using var plain = Plain(composed.Span);
        var normal = new SecretText();
        normal.Append(plain.Span.Trim(' '));
        return normal;
    }

    private static PassphraseFault FindFault(ReadOnlySpan<char> text)
    {
        while (!text.IsEmpty)
        {
            if (Rune.DecodeFromUtf16(text, out var rune, out var used) != OperationStatus.Done)
                return PassphraseFault.NotText;
            if (Rune.IsControl(rune)) return PassphraseFault.ControlCharacter;
            if (!Repertoire.Contains(rune.Value)) return PassphraseFault.UnassignedCharacter;
            text = text[used..];
        }
        return PassphraseFault.None;
    }

    // Before NFKC: what is not seen keeps no accent from its letter.
    private static SecretText Visible(ReadOnlySpan<char> text)
    {
        var visible = new SecretText();
        foreach (var character in text)
            if (!Folding.IsInvisible(character)) visible.Append(character);
        return visible;
    }

    private static SecretText Compose(ReadOnlySpan<char> text)
    {
        var composed = new SecretText();
        if (!composed.TryAppendComposed(text)) Throw.CannotNormalize();
        return composed;
    }

    private static SecretText Plain(ReadOnlySpan<char> text)
    {
        var plain = new SecretText();
        Span<char> pair = stackalloc char[2];
        foreach (var rune in text.EnumerateRunes())
        {
            var folded = Folding.Of(rune);
            var length = folded.EncodeToUtf16(pair);
            // Two hyphens that a phone made one dash of are one hyphen everywhere.
            if (folded.Value == '-' && plain.Length > 0 && plain.Span[^1] == '-') continue;
            plain.Append(pair[..length]);
        }
        pair.Clear();
        return plain;
    }
}
