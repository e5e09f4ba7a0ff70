using System.Text;

namespace KeyRecovery.Protocol.Linking;

/// <summary>
/// Base45 (RFC 9285): two bytes in three characters of a QR code's alphanumeric mode, a last single byte in two.
/// </summary>
internal static class Base45
{
    private const string Alphabet = "0123456789ABCDEFGHIJKLMNOPQRSTUVWXYZ $%*+-./:";
    private const int Radix = 45;

    public static string Encode(ReadOnlySpan<byte> bytes)
    {
        var text = new StringBuilder(((bytes.Length * 3) + 1) / 2);
        for (; bytes.Length >= 2; bytes = bytes[2..]) Append(text, (bytes[0] << 8) | bytes[1], 3);
        if (bytes.Length == 1) Append(text, bytes[0], 2);
        return text.ToString();
    }

    /// <summary>
    /// False for another alphabet, a length that no bytes have, and a group above what its bytes can hold.
    /// </summary>
    public static bool TryDecode(ReadOnlySpan<char> text, out byte[] bytes)
    {
        bytes = [];
        if (text.Length % 3 == 1) return false;
        var decoded = new byte[text.Length * 2 / 3];
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
    private static void Append(StringBuilder text, int value, int digits)
    {
        for (var i = 0; i < digits; i++, value /= Radix) text.Append(Alphabet[value % Radix]);
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
}
