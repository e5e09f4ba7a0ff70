using System.Globalization;
using System.Text;
using KeyRecovery.Protocol.Primitives;

namespace KeyRecovery.Protocol.Recovery;

/// <summary>What a person typed, without what stands between and around the characters of a code.</summary>
internal static class TypedCharacters
{
    /// <summary>The characters that count, to be disposed of.</summary>
    public static SecretText Of(ReadOnlySpan<char> typed)
    {
        using var composed = Compose(typed);
        var characters = new SecretText();
        foreach (var character in composed.Span)
            if (!IsSeparator(character)) characters.Append(character);
        return characters;
    }

    // A wide keyboard types wide letters. What is no text stays as it is, and is told of.
    private static SecretText Compose(ReadOnlySpan<char> typed)
    {
        var composed = new SecretText();
        var isText = true;
        foreach (var rune in typed.EnumerateRunes()) isText &= rune != Rune.ReplacementChar;
        if (isText && composed.TryAppendComposed(typed)) return composed;
        composed.Truncate(0);
        composed.Append(typed);
        return composed;
    }

    // White space, dashes of any kind, quotes, invisible marks: what people copy along.
    private static bool IsSeparator(char character) =>
        char.IsWhiteSpace(character)
        || character is '_' or '\u2212' or '"' or '\'' or '`'
        || char.GetUnicodeCategory(character) is UnicodeCategory.DashPunctuation or UnicodeCategory.Format
            or UnicodeCategory.InitialQuotePunctuation or UnicodeCategory.FinalQuotePunctuation;
}
