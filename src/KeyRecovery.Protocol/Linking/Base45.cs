using KeyRecovery.Protocol.Primitives;

namespace KeyRecovery.Protocol.Linking;

/// <summary>
/// Base45 (RFC 9285): two bytes in three characters of a QR code's alphanumeric mode, a last single byte in two.
/// </summary>
internal static class Base45
{
    private const string Alphabet = "0123456789ABCDEFGHIJKLMNOPQRSTUVWXYZ $%*+-./:";
    private const int Radix = 45;

    /// <summary>The bytes as text, behind a prefix; no copy is left of what may be a secret.</summary>
    public static string Encode(string prefix, ReadOnlySpan<byte> bytes) => string.Create(
        prefix.Length + (((bytes.Length * 3) + 1) / 2), new Input(prefix, bytes), static (text, input) =>
        {
            input.Prefix.CopyTo(text);
            var rest = text[input.Prefix.Length..];
            var bytes = input.Bytes;
            for (; bytes.Length >= 2; bytes = bytes[2..], rest = rest[3..])
                Write(rest[..3], (bytes[0] << 8) | bytes[1]);
            if (bytes.Length == 1) Write(rest, bytes[0]);
        });

    /// <summary>
    /// False for another alphabet, a length that no bytes have, and a group above what its bytes can hold.
    /// </summary>
    public static bool TryDecode(ReadOnlySpan<char> text, out byte[] bytes)
    {
        bytes = [];
        if (text.Length % 3 == 1) return false;
        var decoded = SecretMemory.Allocate(text.Length * 2 / 3);
        for (var rest = decoded.AsSpan(); !rest.IsEmpty;)
        {
            var pair = text.Length >= 3;
            if (!TryRead(text[..(pair ? 3 : 2)], out var value) || value > (pair ? ushort.MaxValue : byte.MaxValue))
                return false;
            if (pair) rest[0] = (byte)(value >> 8);
            rest[pair ? 1 : 0] = (byte)(value & byte.MaxValue);
            rest = rest[(pair ? 2 : 1)..];
            text = text[(pair ? 3 : 2)..];
        }

        bytes = decoded;
        return true;
    }

    // The least significant digit comes first.
    private static void Write(Span<char> digits, int value)
    {
        for (var i = 0; i < digits.Length; i++, value /= Radix) digits[i] = Alphabet[value % Radix];
    }

    private static bool TryRead(ReadOnlySpan<char> digits, out int value)
    {
        value = 0;
        for (var i = digits.Length - 1; i >= 0; i--)
        {
            var digit = Alphabet.IndexOf(digits[i], StringComparison.Ordinal);
            if (digit < 0) return false;
            value = (value * Radix) + digit;
        }

        return true;
    }

    private readonly ref struct Input(string prefix, ReadOnlySpan<byte> bytes)
    {
        public readonly string Prefix = prefix;
        public readonly ReadOnlySpan<byte> Bytes = bytes;
    }
}
