using System.Globalization;
using KeyRecovery.Protocol.Primitives;

namespace KeyRecovery.Protocol.Recovery;

/// <summary>What a person typed, without what stands between the characters of a code.</summary>
internal static class TypedCharacters
{
    /// <summary>The characters that count, to be disposed of.</summary>
    public static SecretText Of(ReadOnlySpan<char> typed)
    {
        var characters = new SecretText();
        foreach (var character in typed)
            if (!IsSeparator(character)) characters.Append(character);
        return characters;
    }

    // White space, dashes of any kind, invisible marks: what people copy along.
    private static bool IsSeparator(char character) =>
        char.IsWhiteSpace(character)
        || character is '_' or '\u2212'
        || char.GetUnicodeCategory(character) is UnicodeCategory.DashPunctuation or UnicodeCategory.Format;
}
