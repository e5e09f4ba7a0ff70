using System.Buffers.Text;
using System.Collections.Immutable;
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

    /// <summary>Lines, an empty line, and a note: how proofs and requests to witnesses are written.</summary>
    public static bool TrySplit(
        ReadOnlySpan<byte> bytes, int maxSize, [NotNullWhen(true)] out string[]? lines,
        [NotNullWhen(true)] out SignedNote? note)
    {
        (lines, note) = (null, null);
        if (bytes.Length > maxSize) return false;
        var end = bytes.IndexOf("\n\n"u8);
        if (end < 0 || !TryDecode(bytes[..end], out var head)) return false;
        if (!SignedNote.TryParse(bytes[(end + 2)..], out note)) return false;
        lines = head.Split('\n');
        return true;
    }

    /// <summary>Hashes in base64, one a line.</summary>
    public static bool TryHashes(ReadOnlySpan<string> lines, out ImmutableArray<Hash256> hashes)
    {
        hashes = [];
        var read = ImmutableArray.CreateBuilder<Hash256>(lines.Length);
        foreach (var line in lines)
        {
            if (!TryBase64(line, out var hash) || hash.Length != Hash256.Size) return false;
            read.Add(new Hash256(hash));
        }

        hashes = read.MoveToImmutable();
        return true;
    }

    /// <summary>ASCII digits, no leading zero, at most 2^63 − 1.</summary>
    public static bool TryNumber(string text, out ulong number) =>
        ulong.TryParse(text, NumberStyles.None, CultureInfo.InvariantCulture, out number)
        && number <= long.MaxValue && text == number.ToString(CultureInfo.InvariantCulture);
}
