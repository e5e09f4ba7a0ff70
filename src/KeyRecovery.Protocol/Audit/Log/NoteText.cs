using System.Buffers.Text;
using System.Diagnostics.CodeAnalysis;
using System.Globalization;
using System.Text;

namespace KeyRecovery.Protocol.Audit.Log;

/// <summary>
/// The spellings of signed notes: strict UTF-8, strict base64, decimal numbers; one spelling of each.
/// </summary>
internal static class NoteText
{
    private static readonly UTF8Encoding Strict =
        new(encoderShouldEmitUTF8Identifier: false, throwOnInvalidBytes: true);

    public static bool TryEncode(string text, [NotNullWhen(true)] out byte[]? bytes)
    {
        try
        {
            bytes = Strict.GetBytes(text);
            return true;
        }
        catch (EncoderFallbackException)
        {
            bytes = null;
            return false;
        }
    }

    public static bool TryDecode(ReadOnlySpan<byte> bytes, [NotNullWhen(true)] out string? text)
    {
        try
        {
            text = Strict.GetString(bytes);
            return true;
        }
        catch (DecoderFallbackException)
        {
            text = null;
            return false;
        }
    }

    /// <summary>
    /// Whether a signature line may have this name: the standard's rule alone, since a stranger's line is ignored and
    /// never makes a note unreadable.
    /// </summary>
    public static bool IsName(string name) =>
        name.Length > 0 && !name.Any(c => c < ' ' || c == '+' || char.IsWhiteSpace(c));

    /// <summary>RFC 4648 §4 with padding, without anything between, and without bits that are left over.</summary>
    public static bool TryBase64(string text, [NotNullWhen(true)] out byte[]? bytes)
    {
        bytes = null;
        var decoded = new byte[Base64.GetMaxDecodedFromUtf8Length(text.Length)];
        if (!Convert.TryFromBase64String(text, decoded, out var length)) return false;
        bytes = decoded[..length];
        return Convert.ToBase64String(bytes) == text;
    }

    /// <summary>ASCII digits, no leading zero, at most 2^63 − 1.</summary>
    public static bool TryNumber(string text, out ulong number) =>
        ulong.TryParse(text, NumberStyles.None, CultureInfo.InvariantCulture, out number)
        && number <= long.MaxValue && text == number.ToString(CultureInfo.InvariantCulture);
}
