using System.Security.Cryptography;

namespace KeyRecovery.Protocol.Recovery;

/// <summary>Reads a recovery code that a person typed.</summary>
internal static class RecoveryCodeReader
{
    public static RecoveryCodeParse Read(ReadOnlySpan<char> text)
    {
        using var typed = TypedCharacters.Of(text);
        Span<byte> values = stackalloc byte[RecoveryCode.Characters];
        try
        {
            return Read(WithoutPrefix(typed.Span), values);
        }
        finally
        {
            CryptographicOperations.ZeroMemory(values);
        }
    }

    private static RecoveryCodeParse Read(ReadOnlySpan<char> typed, Span<byte> values)
    {
        for (var i = 0; i < typed.Length; i++)
        {
            var value = Bech32m.ValueOf(Fold(typed[i]));
            if (value < 0) return new RecoveryCodeParse.UnreadableCharacter(Group(i), Position(i), typed[i]);
            if (i < values.Length) values[i] = (byte)value;
        }

        if (typed.Length != values.Length) return new RecoveryCodeParse.WrongLength(typed.Length);
        if (Bech32m.Verify(RecoveryCode.Prefix, values)) return RecoveryCode.FromValues(values);
        return Bech32m.TryLocate(RecoveryCode.Prefix, values, out var at, out var better)
            ? new RecoveryCodeParse.Typo(Group(at), Position(at), Fold(typed[at]), Bech32m.Alphabet[better])
            : new RecoveryCodeParse.Unreadable();
    }

    // A code of version 0 never begins with "kr", so that the prefix cannot be mistaken. Where the length says that it
    // is there, its "1" may be the "l" or the "i" that a hand made of it.
    private static ReadOnlySpan<char> WithoutPrefix(ReadOnlySpan<char> typed)
    {
        const int length = 3;
        if (typed.Length < length || Fold(typed[0]) != 'k' || Fold(typed[1]) != 'r') return typed;
        var separator = Fold(typed[2]);
        var isPrefix = separator == '1'
            || (typed.Length == length + RecoveryCode.Characters && separator is 'l' or 'i');
        return isPrefix ? typed[length..] : typed;
    }

    private static char Fold(char character) =>
        char.IsAsciiLetterUpper(character) ? (char)(character | 0x20) : character;

    private static int Group(int index) => (index / RecoveryCode.GroupSize) + 1;

    private static int Position(int index) => (index % RecoveryCode.GroupSize) + 1;
}
