using System.Globalization;
using System.Security.Cryptography;

namespace KeyRecovery;

/// <summary>
/// What two people compare to know that each has the other's keys and nobody else's (docs/protocol.md §19): 60 digits,
/// the same on both sides, made as Signal makes them. It changes with an identity, and with nothing else.
/// </summary>
public sealed record SafetyNumber
{
    /// <summary>How many digits it has: 60.</summary>
    public const int Length = 2 * DigitsOfOne;

    private const int Rounds = 5199;
    private const int DigitsOfGroup = 5;
    private const int BytesOfGroup = 5;
    private const int Groups = 6;
    private const int DigitsOfOne = Groups * DigitsOfGroup;
    private const ulong GroupModulus = 100_000;

    private SafetyNumber(string digits) => Digits = digits;

    /// <summary>The 60 digits without spaces.</summary>
    public string Digits { get; }

    /// <summary>The number of two accounts, in whatever order.</summary>
    public static SafetyNumber Of(IdentityStatement one, IdentityStatement other)
    {
        ArgumentNullException.ThrowIfNull(one);
        ArgumentNullException.ThrowIfNull(other);
        var (a, b) = (DigitsOf(one), DigitsOf(other));
        return new SafetyNumber(string.CompareOrdinal(a, b) <= 0 ? a + b : b + a);
    }

    /// <summary>Twelve groups of five digits, with a space between.</summary>
    public override string ToString() =>
        string.Join(' ', Digits.Chunk(DigitsOfGroup).Select(group => new string(group)));

    private static string DigitsOf(IdentityStatement side)
    {
        var (key, account) = (side.SigningKey.ToArray(), side.Account.ToArray());
        byte[] version = [0, 0];
        Span<byte> hash = stackalloc byte[SHA512.HashSizeInBytes];
        SHA512.HashData([.. version, .. key, .. account, .. key], hash);
        Span<byte> input = stackalloc byte[SHA512.HashSizeInBytes + key.Length];
        key.CopyTo(input[SHA512.HashSizeInBytes..]);
        for (var round = 0; round < Rounds; round++)
        {
            hash.CopyTo(input);
            SHA512.HashData(input, hash);
        }

        var digits = "";
        for (var group = 0; group < Groups; group++)
        {
            var number = 0UL;
            foreach (var part in hash.Slice(group * BytesOfGroup, BytesOfGroup)) number = (number << 8) | part;
            digits += (number % GroupModulus).ToString("D5", CultureInfo.InvariantCulture);
        }
        return digits;
    }
}
