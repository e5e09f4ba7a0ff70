using System.Globalization;
using System.Text;

namespace KeyRecovery.Protocol.Passphrases;

/// <summary>
/// What keyboards put in by themselves, and people do not see or did not type (docs/protocol.md §14.1, by code point).
/// </summary>
internal static class Folding
{
    /// <summary>
    /// Characters without a width of their own: soft hyphen, joiners, marks and overrides of direction, and the
    /// selectors of text and emoji style (VS15, VS16).
    /// </summary>
    public static bool IsInvisible(char character) => character
        is '\u00AD' or '\u061C' or (>= '\u200B' and <= '\u200F') or (>= '\u202A' and <= '\u202E')
        or (>= '\u2060' and <= '\u2064') or (>= '\u2066' and <= '\u2069') or '\uFE0E' or '\uFE0F' or '\uFEFF';

    /// <summary>The plain character for one that a keyboard makes of it, or that looks the same; else itself.</summary>
    public static Rune Of(Rune rune) => rune.Value switch
    {
        0x2018 or 0x2019 or 0x201A or 0x201B or 0x2032 or 0x2039 or 0x203A => new Rune('\''),
        0x00AB or 0x00BB or 0x201C or 0x201D or 0x201E or 0x201F => new Rune('"'),
        (>= 0x2010 and <= 0x2015) or 0x2212 => new Rune('-'),
        _ => Rune.GetUnicodeCategory(rune) switch
        {
            UnicodeCategory.SpaceSeparator => new Rune(' '),
            UnicodeCategory.DecimalDigitNumber => new Rune((char)('0' + (int)Rune.GetNumericValue(rune))),
            _ => rune,
        },
    };
}
