using System.Security.Cryptography;
using KeyRecovery.Protocol.Recovery;

namespace KeyRecovery.Protocol.Linking;

/// <summary>Reads a link code that a person typed.</summary>
internal static class TypedLinkCodeReader
{
    public static TypedLinkCodeParse Read(ReadOnlySpan<char> text)
    {
        using var typed = TypedCharacters.Of(text);
        Span<byte> values = stackalloc byte[TypedLinkCode.Characters];
        try
        {
            return Read(typed.Span, values);
        }
        finally
        {
            CryptographicOperations.ZeroMemory(values);
        }
    }

    private static TypedLinkCodeParse Read(ReadOnlySpan<char> typed, Span<byte> values)
    {
        for (var i = 0; i < typed.Length; i++)
        {
            var value = Crockford.ValueOf(typed[i]);
            if (value < 0)
                return new TypedLinkCodeParse.UnreadableCharacter(
                    (i / TypedLinkCode.GroupSize) + 1, (i % TypedLinkCode.GroupSize) + 1, typed[i]);
            if (i < values.Length) values[i] = (byte)value;
        }

        if (typed.Length != values.Length) return new TypedLinkCodeParse.WrongLength(typed.Length);
        if (Crockford.Check(values[..^1]) != values[^1]) return new TypedLinkCodeParse.Mistyped();
        Crockford.ToText(values);
        return new TypedLinkCodeParse.Ok(new TypedLinkCode(SecretBytes.Copy(values)));
    }
}
