using System.Globalization;
using System.Text;

namespace KeyRecovery.Protocol.Passphrases;

/// <summary>
/// Brings what two keyboards type for the same passphrase to the same text (docs/protocol.md §14.1): NFKC, plain
/// spaces, ASCII digits, no blanks around.
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

    /// <summary>The normal form; null where a character is not allowed, told in <paramref name="fault"/>.</summary>
    internal static string? Apply(string text, out PassphraseFault fault)
    {
        Require();
        fault = FindFault(text);
        if (fault != PassphraseFault.None) return null;

        var plain = new StringBuilder(text.Length);
        foreach (var rune in text.Normalize(NormalizationForm.FormKC).EnumerateRunes())
        {
            switch (Rune.GetUnicodeCategory(rune))
            {
                case UnicodeCategory.SpaceSeparator:
                    plain.Append(' ');
                    break;
                case UnicodeCategory.DecimalDigitNumber:
                    plain.Append((char)('0' + (int)Rune.GetNumericValue(rune)));
                    break;
                default:
                    plain.Append(rune.ToString());
                    break;
            }
        }
        return plain.ToString().Trim(' ');
    }

    private static PassphraseFault FindFault(string text)
    {
        for (var i = 0; i < text.Length;)
        {
            if (!Rune.TryGetRuneAt(text, i, out var rune)) return PassphraseFault.NotText;
            switch (Rune.GetUnicodeCategory(rune))
            {
                case UnicodeCategory.Control:
                    return PassphraseFault.ControlCharacter;
                case UnicodeCategory.OtherNotAssigned:
                    return PassphraseFault.UnassignedCharacter;
            }
            i += rune.Utf16SequenceLength;
        }
        return PassphraseFault.None;
    }
}
