using System.Buffers;
using System.Text;
using KeyRecovery.Protocol.Primitives;

namespace KeyRecovery.Protocol.Passphrases;

/// <summary>
/// Brings what two keyboards type for the same passphrase to the same text (docs/protocol.md §14.1): nothing invisible,
/// NFKC, plain spaces, quotes and dashes, ASCII digits, no blanks around.
/// </summary>
internal static class Normalization
{
    /// <summary>
    /// The normal form, to be disposed of; null where a character is not allowed, told in <paramref name="fault"/>.
    /// </summary>
    public static SecretText? Apply(ReadOnlySpan<char> text, out PassphraseFault fault)
    {
        NormalForms.Require();
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
