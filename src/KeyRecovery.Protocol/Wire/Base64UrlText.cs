using System.Buffers;
using System.Buffers.Text;

namespace KeyRecovery.Protocol.Wire;

/// <summary>Bytes as text: unpadded base64url (RFC 4648 §5), one spelling only.</summary>
public static class Base64UrlText
{
    /// <summary>Encodes without padding.</summary>
    public static string Encode(ReadOnlySpan<byte> bytes) => Base64Url.EncodeToString(bytes);

    /// <summary>
    /// Decodes exactly <paramref name="length"/> bytes. Padding, white space, the other alphabet and spare bits that
    /// are not zero are refused, so that every value has one spelling.
    /// </summary>
    public static bool TryDecode(string? text, int length, out byte[] bytes)
    {
        bytes = [];
        if (text is null || text.Length != Base64Url.GetEncodedLength(length)) return false;
        var decoded = new byte[length];
        // Not TryDecodeFromChars: it throws at characters that are none of the alphabet's.
        if (Base64Url.DecodeFromChars(text, decoded, out _, out var written) != OperationStatus.Done
            || written != length) return false;
        if (Encode(decoded) != text) return false;
        bytes = decoded;
        return true;
    }

    /// <summary>Decodes up to <paramref name="maxLength"/> bytes, as strictly.</summary>
    public static bool TryDecodeUpTo(string? text, int maxLength, out byte[] bytes)
    {
        bytes = [];
        if (text is null || text.Length % 4 == 1) return false;
        var length = text.Length / 4 * 3 + Math.Max(0, text.Length % 4 - 1);
        return length <= maxLength && TryDecode(text, length, out bytes);
    }
}
