using System.Buffers;
using System.Globalization;
using System.Text;
using KeyRecovery.Protocol.Primitives;

namespace KeyRecovery.Protocol.Vault;

/// <summary>
/// The names that people give to items, devices and slots (docs/protocol.md §5): one spelling for what looks the same,
/// and nothing that is not seen or moves what is.
/// </summary>
public static class GivenName
{
    // Letters that are blank: Hangul fillers, an empty Braille cell.
    private static readonly SearchValues<char> Blank =
        SearchValues.Create('\u115f', '\u1160', '\u2800', '\u3164', '\uffa0');

    /// <summary>Reads a name as a person gives it.</summary>
    /// <param name="given">Any text.</param>
    /// <returns>The name in NFC, 1 to <see cref="Limits.NameBytes"/> bytes of UTF-8, and no fault; or null, and why.
    /// </returns>
    /// <exception cref="PlatformNotSupportedException">This runtime cannot normalise Unicode.</exception>
    public static (string? Name, GivenNameFault Fault) Read(string given)
    {
        ArgumentNullException.ThrowIfNull(given);
        NormalForms.Require();
        var isSeen = false;
        for (var rest = given.AsSpan(); !rest.IsEmpty;)
        {
            if (Rune.DecodeFromUtf16(rest, out var rune, out var used) != OperationStatus.Done)
                return (null, GivenNameFault.NotText);
            if (Moves(rune)) return (null, GivenNameFault.ControlCharacter);
            isSeen |= IsSeen(rune);
            rest = rest[used..];
        }
        if (!isSeen) return (null, given.Length == 0 ? GivenNameFault.Empty : GivenNameFault.Invisible);
        var name = given.Normalize(NormalizationForm.FormC);
        return Encoding.UTF8.GetByteCount(name) > Limits.NameBytes
            ? (null, GivenNameFault.TooLong) : (name, GivenNameFault.None);
    }

    /// <summary>Whether two names are the same to a person: in NFC, or, where one is no text, as they are.</summary>
    public static bool AreSame(string one, string other) =>
        string.Equals(Spelled(one), Spelled(other), StringComparison.Ordinal);

    /// <summary>
    /// Whether a character does not stand in a line but moves it: control characters, those that turn the writing's
    /// direction, separators of lines and paragraphs.
    /// </summary>
    public static bool Moves(Rune rune) => Rune.GetUnicodeCategory(rune) is UnicodeCategory.Control
            or UnicodeCategory.LineSeparator or UnicodeCategory.ParagraphSeparator
        || rune.Value is 0x061c or 0x200e or 0x200f or (>= 0x202a and <= 0x202e) or (>= 0x2066 and <= 0x2069);

    private static bool IsSeen(Rune rune) => !Rune.IsWhiteSpace(rune)
        && Rune.GetUnicodeCategory(rune) is not (UnicodeCategory.Format or UnicodeCategory.NonSpacingMark
            or UnicodeCategory.EnclosingMark)
        && !(rune.IsBmp && Blank.Contains((char)rune.Value));

    private static string Spelled(string name)
    {
        foreach (var rune in name.EnumerateRunes())
            if (rune == Rune.ReplacementChar) return name;
        return name.Normalize(NormalizationForm.FormC);
    }
}
