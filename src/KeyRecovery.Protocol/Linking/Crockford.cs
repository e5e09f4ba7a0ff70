namespace KeyRecovery.Protocol.Linking;

/// <summary>Crockford's base 32: digits and capitals without I, L, O and U.</summary>
internal static class Crockford
{
    public const byte Radix = 32;

    private const string Alphabet = "0123456789ABCDEFGHJKMNPQRSTVWXYZ";
    private const int CheckModulus = 31;

    /// <summary>The value of a character as people type it; -1 for one that is none.</summary>
    public static int ValueOf(char character) => !char.IsAscii(character) ? -1 : char.ToUpperInvariant(character) switch
    {
        'I' or 'L' => 1,
        'O' => 0,
        var upper => Alphabet.IndexOf(upper, StringComparison.Ordinal),
    };

    /// <summary>
    /// The sum of the values, each times its place from 1, modulo 31. It changes with any one value and with any two
    /// that change places, except between 0 and 31.
    /// </summary>
    public static byte Check(ReadOnlySpan<byte> values)
    {
        var sum = 0;
        for (var i = 0; i < values.Length; i++) sum += values[i] * (i + 1);
        return (byte)(sum % CheckModulus);
    }

    /// <summary>Turns values into their characters, in place.</summary>
    public static void ToText(Span<byte> values)
    {
        foreach (ref var value in values) value = (byte)Alphabet[value];
    }
}
