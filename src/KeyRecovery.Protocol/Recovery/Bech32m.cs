namespace KeyRecovery.Protocol.Recovery;

/// <summary>
/// The checksum of Bech32m (BIP-350) over values of 5 bits: a BCH code over GF(32). In words of up to 89 values any
/// four wrong ones are detected, hence two words differ in five places at least, and one wrong value is found for
/// certain.
/// </summary>
internal static class Bech32m
{
    public const string Alphabet = "qpzry9x8gf2tvdw0s3jn54khce6mua7l";
    public const int ChecksumSize = 6;

    private const int ValueBits = 5;
    private const int Values = 1 << ValueBits;
    private const int Errors = Values - 1;
    private const int MaxLength = 89;
    private const uint Constant = 0x2bc830a3;

    private static readonly uint[] Syndromes = ComputeSyndromes();

    /// <summary>The value of a lower-case character, or -1.</summary>
    public static int ValueOf(char character) => Alphabet.IndexOf(character, StringComparison.Ordinal);

    /// <summary>Fills in the last six values.</summary>
    public static void WriteChecksum(string prefix, Span<byte> values)
    {
        var checksum = values[^ChecksumSize..];
        checksum.Clear();
        var residue = Residue(prefix, values);
        for (var i = 0; i < ChecksumSize; i++)
            checksum[i] = (byte)((residue >> (ValueBits * (ChecksumSize - 1 - i))) & (Values - 1));
    }

    /// <summary>Whether the last six values are the checksum of prefix and values before.</summary>
    public static bool Verify(string prefix, ReadOnlySpan<byte> values) =>
        values.Length >= ChecksumSize && Residue(prefix, values) == 0;

    /// <summary>The one substitution that makes the checksum right, if there is one. At most 89 values.</summary>
    public static bool TryLocate(string prefix, ReadOnlySpan<byte> values, out int position, out byte value)
    {
        (position, value) = (0, 0);
        var found = Syndromes.AsSpan(0, values.Length * Errors).IndexOf(Residue(prefix, values));
        if (found < 0) return false;
        position = values.Length - 1 - (found / Errors);
        value = (byte)(values[position] ^ ErrorAt(found));
        return true;
    }

    // The code is linear: an error adds to the residue what it makes of a word that is zero elsewhere. First all errors
    // in the last place, then all in the last but one, and so on.
    private static uint[] ComputeSyndromes()
    {
        var syndromes = new uint[MaxLength * Errors];
        for (var i = 0; i < syndromes.Length; i++)
            syndromes[i] = i < Errors ? ErrorAt(i) : Step(syndromes[i - Errors], 0);
        return syndromes;
    }

    private static byte ErrorAt(int index) => (byte)((index % Errors) + 1);

    // Zero for a word whose checksum is right.
    private static uint Residue(string prefix, ReadOnlySpan<byte> values)
    {
        uint residue = 1;
        foreach (var character in prefix) residue = Step(residue, (byte)(character >> ValueBits));
        residue = Step(residue, 0);
        foreach (var character in prefix) residue = Step(residue, (byte)(character & (Values - 1)));
        foreach (var value in values) residue = Step(residue, value);
        return residue ^ Constant;
    }

    private static uint Step(uint residue, byte value)
    {
        ReadOnlySpan<uint> generator = [0x3b6a57b2, 0x26508e6d, 0x1ea119fa, 0x3d4233dd, 0x2a1462b3];
        var top = residue >> 25;
        residue = ((residue & 0x1ffffff) << ValueBits) ^ value;
        for (var i = 0; i < generator.Length; i++)
            if (((top >> i) & 1) != 0) residue ^= generator[i];
        return residue;
    }
}
