using System.Security.Cryptography;

namespace KeyRecovery.Protocol.Recovery;

/// <summary>Reads a recovery code that a person typed.</summary>
internal static class RecoveryCodeReader
{
    private const int GroupSize = RecoveryCode.GroupSize;
    private const int Prefix = 3;
    private const int Numbered = RecoveryCode.Characters / GroupSize * (GroupSize + 1);

    public static RecoveryCodeParse Read(ReadOnlySpan<char> text, RecoveryCodeParse.Typo? correction = null)
    {
        using var typed = TypedCharacters.Of(text);
        Span<byte> values = stackalloc byte[RecoveryCode.Characters];
        try
        {
            var code = WithoutPrefix(typed.Span);
            return IsNumbered(code)
                ? Read(code, GroupSize + 1, code.Length - Groups(code.Length, GroupSize + 1), values, correction)
                : Read(code, GroupSize, code.Length, values, correction);
        }
        finally
        {
            CryptographicOperations.ZeroMemory(values);
        }
    }

    // The stride is a group's with its number, which stands before it, or without.
    private static RecoveryCodeParse Read(
        ReadOnlySpan<char> typed, int stride, int length, Span<byte> values, RecoveryCodeParse.Typo? correction)
    {
        for (var i = 0; i < length; i++)
        {
            var character = typed[At(i, stride)];
            var value = Bech32m.ValueOf(Fold(character));
            if (value < 0) return new RecoveryCodeParse.UnreadableCharacter(Group(i), Position(i), character);
            if (i < values.Length) values[i] = (byte)value;
        }

        if (length != values.Length) return new RecoveryCodeParse.WrongLength(length);
        if (correction is not null)
            values[((correction.Group - 1) * GroupSize) + correction.Position - 1] =
                (byte)Bech32m.ValueOf(correction.Suggestion);
        if (Bech32m.Verify(RecoveryCode.Prefix, values)) return RecoveryCode.FromValues(values);
        return Bech32m.TryLocate(RecoveryCode.Prefix, values, out var at, out var better)
            ? new RecoveryCodeParse.Typo(
                Group(at), Position(at), Fold(typed[At(at, stride)]), Bech32m.Alphabet[better])
            : new RecoveryCodeParse.Unreadable();
    }

    // A code of version 0 never begins with "kr", so that the prefix cannot be mistaken. Where the length says that it
    // is there, its "1" may be the "l" or the "i" that a hand made of it, and what stands before it is a label.
    private static ReadOnlySpan<char> WithoutPrefix(ReadOnlySpan<char> typed)
    {
        foreach (var length in (ReadOnlySpan<int>)[RecoveryCode.Characters, Numbered])
        {
            var at = typed.Length - length - Prefix;
            if (at >= 0 && IsPrefix(typed[at..], orAsWritten: length == RecoveryCode.Characters)
                && (length == RecoveryCode.Characters || IsNumbered(typed[^length..]))) return typed[^length..];
        }

        return IsPrefix(typed, orAsWritten: false) ? typed[Prefix..] : typed;
    }

    private static bool IsPrefix(ReadOnlySpan<char> typed, bool orAsWritten) => typed.Length >= Prefix
        && Fold(typed[0]) == 'k' && Fold(typed[1]) == 'r'
        && (typed[2] == '1' || (orAsWritten && Fold(typed[2]) is 'l' or 'i'));

    // As the kit prints them: no code has a 1, so that the first tells.
    private static bool IsNumbered(ReadOnlySpan<char> code)
    {
        if (code.IsEmpty || code.Length > Numbered) return false;
        for (var group = 0; group * (GroupSize + 1) < code.Length; group++)
            if (code[group * (GroupSize + 1)] != '1' + group) return false;
        return true;
    }

    private static int At(int index, int stride) =>
        ((index / GroupSize) * stride) + (stride - GroupSize) + (index % GroupSize);

    private static int Groups(int length, int size) => (length + size - 1) / size;

    private static char Fold(char character) =>
        char.IsAsciiLetterUpper(character) ? (char)(character | 0x20) : character;

    private static int Group(int index) => (index / GroupSize) + 1;

    private static int Position(int index) => (index % GroupSize) + 1;
}
