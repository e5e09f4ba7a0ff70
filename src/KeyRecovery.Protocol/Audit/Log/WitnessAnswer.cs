using System.Collections.Immutable;
using System.Globalization;
using System.Text;

namespace KeyRecovery.Protocol.Audit.Log;

/// <summary>What a witness answers, and where it tells what it cosigned (C2SP tlog-witness).</summary>
public static class WitnessAnswer
{
    /// <summary>The largest answer in bytes: 65,536.</summary>
    public const int MaxSize = 64 * 1024;

    /// <summary>The media type of a 409's body, <see cref="EncodeSize"/>.</summary>
    public const string SizeType = "text/x.tlog.size";

    /// <summary>Joins cosignatures to the body of a 200: a signature line each.</summary>
    /// <exception cref="ArgumentException">There is none, or there are more than a note has.</exception>
    public static byte[] Encode(params IReadOnlyList<NoteSignature> cosignatures)
    {
        if (cosignatures.Count is < 1 or > SignedNote.MaxSignatures)
            Throw.Argument(nameof(cosignatures), "1 to 100 cosignatures");
        return Encoding.UTF8.GetBytes(string.Concat(cosignatures.Select(SignedNote.Line)));
    }

    /// <summary>
    /// Reads the body of a 200. Nothing is verified: <see cref="Cosignature.FindTime"/> says which of them hold, once
    /// they stand below the checkpoint.
    /// </summary>
    public static bool TryParse(ReadOnlySpan<byte> bytes, out ImmutableArray<NoteSignature> cosignatures)
    {
        cosignatures = [];
        return bytes.Length <= MaxSize && NoteText.TryDecode(bytes, out var text)
            && SignedNote.TryLines(text, out cosignatures);
    }

    /// <summary>The body of a 409: the size that the witness cosigned last, 0 for none.</summary>
    public static byte[] EncodeSize(ulong size) =>
        Encoding.UTF8.GetBytes(string.Create(CultureInfo.InvariantCulture, $"{size}\n"));

    /// <summary>Reads the body of a 409: a number of at most 2^63 − 1 and a newline.</summary>
    public static bool TryParseSize(ReadOnlySpan<byte> bytes, out ulong size)
    {
        size = 0;
        return bytes is [.. var digits, (byte)'\n'] && NoteText.TryDecode(digits, out var text)
            && NoteText.TryNumber(text, out size);
    }

    /// <summary>Where a witness tells a log's newest checkpoint, below its monitoring prefix.</summary>
    /// <param name="origin">The log's name.</param>
    public static string CheckpointPath(string origin) =>
        $"{Convert.ToHexStringLower(Hash256.Of(Encoding.UTF8.GetBytes(origin)).ToArray())}/checkpoint";
}
