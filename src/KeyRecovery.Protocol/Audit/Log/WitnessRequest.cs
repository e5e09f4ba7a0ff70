using System.Collections.Immutable;
using System.Diagnostics.CodeAnalysis;
using System.Globalization;
using System.Text;

namespace KeyRecovery.Protocol.Audit.Log;

/// <summary>
/// What a log sends to a witness for a cosignature: the body of <c>add-checkpoint</c> (C2SP tlog-witness).
/// </summary>
/// <param name="OldSize">The size that the witness cosigned last; 0 for none.</param>
/// <param name="Proof">That the checkpoint goes on from that size, at most 63 hashes.</param>
/// <param name="Checkpoint">The checkpoint's note.</param>
public sealed record WitnessRequest(ulong OldSize, ImmutableArray<Hash256> Proof, SignedNote Checkpoint)
{
    /// <summary>The largest request in bytes: 131,072.</summary>
    public const int MaxSize = 128 * 1024;

    private const int MaxProof = 63;

    /// <summary>Which log it is about: the first line of the checkpoint.</summary>
    public string Origin => Checkpoint.Text[..Checkpoint.Text.IndexOf('\n', StringComparison.Ordinal)];

    /// <summary>The request's bytes.</summary>
    public byte[] Encode()
    {
        var text = new StringBuilder().Append(CultureInfo.InvariantCulture, $"old {OldSize}\n");
        foreach (var hash in Proof) text.Append(Convert.ToBase64String(hash.ToArray())).Append('\n');
        return [.. Encoding.UTF8.GetBytes(text.Append('\n').ToString()), .. Checkpoint.Encode()];
    }

    /// <summary>Reads a request. Nothing is verified.</summary>
    public static bool TryParse(ReadOnlySpan<byte> bytes, [NotNullWhen(true)] out WitnessRequest? request)
    {
        request = null;
        if (!NoteText.TrySplit(bytes, MaxSize, out var lines, out var note)) return false;
        if (lines.Length > 1 + MaxProof || !lines[0].StartsWith("old ", StringComparison.Ordinal)
            || !NoteText.TryNumber(lines[0][4..], out var old)
            || !NoteText.TryHashes(lines.AsSpan(1), out var proof)) return false;
        request = new WitnessRequest(old, proof, note);
        return true;
    }
}
