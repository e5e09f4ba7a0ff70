using System.ComponentModel;
using System.Diagnostics;
using System.Security.Cryptography;
using System.Text;
using KeyRecovery.Protocol.Primitives;
using KeyRecovery.Protocol.Recovery;

namespace KeyRecovery;

/// <summary>
/// A recovery code: 128 random bits that a person writes down. As text it is Bech32m (BIP-350) with the prefix
/// <c>kr</c>: 2 bits of version (0), 128 of entropy and a checksum, 32 characters in eight groups of four. From it come
/// the slot's id and keys. Zeroed on disposal, prints <c>[redacted]</c>.
/// </summary>
[DebuggerDisplay("[redacted]")]
public sealed class RecoveryCode : IDisposable
{
    /// <summary>Characters of a code without its prefix: 32.</summary>
    public const int Characters = 32;

    internal const string Prefix = "kr";
    internal const int GroupSize = 4;

    private const int EntropySize = 16;
    private const int ValueBits = 5;
    private const int VersionBits = 2;
    private const int DisplayCharacters = 2 + 1 + Characters + (Characters / GroupSize);
    private const int DataCharacters = Characters - Bech32m.ChecksumSize;

    private readonly SecretBytes _entropy;

    private RecoveryCode(SecretBytes entropy) => _entropy = entropy;

    /// <summary>Draws a new code.</summary>
    public static RecoveryCode Generate(IRandom random) => new(SecretBytes.Random(EntropySize, random));

    /// <summary>
    /// Reads a code as people type or copy it: in any case, with or without prefix, label, the kit's numbers, spaces,
    /// dashes, quotes and line breaks (docs/protocol.md §8). Nothing is corrected silently.
    /// </summary>
    public static RecoveryCodeParse Parse(ReadOnlySpan<char> text) => RecoveryCodeReader.Read(text);

    /// <summary>Reads a text that has a typo once more, with the character that was suggested, once a person has said
    /// that it is the one on the paper.</summary>
    /// <param name="text">The same text.</param>
    /// <param name="typo">What <see cref="Parse"/> said of it.</param>
    public static RecoveryCodeParse ParseCorrected(ReadOnlySpan<char> text, RecoveryCodeParse.Typo typo) =>
        RecoveryCodeReader.Read(text, typo);

    /// <summary>
    /// The code to be shown or printed: <c>kr1</c> and eight groups of four characters, separated by spaces. The string
    /// cannot be zeroed: drop it at once.
    /// </summary>
    public string ToDisplayString() => string.Create(DisplayCharacters, _entropy.Span, static (text, entropy) =>
    {
        Span<byte> values = stackalloc byte[Characters];
        WriteData(entropy, values);
        Bech32m.WriteChecksum(Prefix, values);
        Prefix.CopyTo(text);
        text[Prefix.Length] = '1';
        for (var (i, at) = (0, Prefix.Length + 1); i < values.Length; i++)
        {
            if (i % GroupSize == 0) text[at++] = ' ';
            text[at++] = Bech32m.Alphabet[values[i]];
        }

        CryptographicOperations.ZeroMemory(values);
    });

    /// <summary>
    /// Derives the slot's id and keys: HKDF-SHA-512 of the entropy, a label for each. To be disposed of.
    /// </summary>
    [EditorBrowsable(EditorBrowsableState.Never)]
    public SlotKeys DeriveSlot()
    {
        using var id = Derive(Labels.CodeSlotId, Bytes16.Size);
        using var signing = Derive(Labels.CodeSlotSigning, SigningKey.SeedSize);
        using var kem = Derive(Labels.CodeSlotKem, KemPrivateKey.SeedSize);
        return new SlotKeys(
            new AuthorityId(id.Span), SigningKey.FromSeed(signing.Span), KemPrivateKey.FromSeed(kem.Span));
    }

    /// <summary>Makes the code of 32 values whose checksum is right, or says that its version is unknown.</summary>
    internal static RecoveryCodeParse FromValues(ReadOnlySpan<byte> values)
    {
        if (values[0] >> (ValueBits - VersionBits) != 0) return new RecoveryCodeParse.UnknownVersion();
        return new RecoveryCodeParse.Ok(
            new RecoveryCode(
                SecretBytes.Create(EntropySize, values, static (entropy, values) => ReadData(values, entropy))));
    }

    // Bit 0 is the first value's highest; the version stands before the entropy.
    private static void WriteData(ReadOnlySpan<byte> entropy, Span<byte> values)
    {
        for (var bit = VersionBits; bit < DataCharacters * ValueBits; bit++)
        {
            var source = bit - VersionBits;
            var one = (entropy[source / 8] >> (7 - (source % 8))) & 1;
            values[bit / ValueBits] |= (byte)(one << (ValueBits - 1 - (bit % ValueBits)));
        }
    }

    private static void ReadData(ReadOnlySpan<byte> values, Span<byte> entropy)
    {
        for (var bit = VersionBits; bit < DataCharacters * ValueBits; bit++)
        {
            var target = bit - VersionBits;
            var one = (values[bit / ValueBits] >> (ValueBits - 1 - (bit % ValueBits))) & 1;
            entropy[target / 8] |= (byte)(one << (7 - (target % 8)));
        }
    }

    private SecretBytes Derive(string label, int length) =>
        Kdf.Derive(_entropy.Span, Encoding.UTF8.GetBytes(label), length);

    /// <summary>Zeroes the entropy.</summary>
    public void Dispose() => _entropy.Dispose();

    /// <summary>Always <c>[redacted]</c>.</summary>
    public override string ToString() => Redacted.Text;
}
