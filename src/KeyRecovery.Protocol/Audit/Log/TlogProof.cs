using System.Collections.Immutable;
using System.Diagnostics.CodeAnalysis;
using System.Globalization;
using System.Text;

namespace KeyRecovery.Protocol.Audit.Log;

/// <summary>
/// That something is in a log, for whoever verifies it offline (C2SP tlog-proof). What stands in <see cref="Extra"/> is
/// not authenticated.
/// </summary>
/// <param name="Extra">What a verifier needs to know the leaf; empty where it needs nothing.</param>
/// <param name="Index">The leaf's number.</param>
/// <param name="Hashes">The proof of inclusion, from the leaf's sibling up, at most 63.</param>
/// <param name="Checkpoint">The checkpoint's note, with cosignatures.</param>
public sealed record TlogProof(
    ReadOnlyMemory<byte> Extra, ulong Index, ImmutableArray<Hash256> Hashes, SignedNote Checkpoint)
{
    /// <summary>The largest proof in bytes: 131,072.</summary>
    public const int MaxSize = 128 * 1024;

    private const string First = "c2sp.org/tlog-proof@v1";
    private const int MaxHashes = 63;

    /// <summary>The proof's bytes.</summary>
    public byte[] Encode()
    {
        var text = new StringBuilder(First).Append('\n');
        if (!Extra.IsEmpty) text.Append("extra ").Append(Convert.ToBase64String(Extra.Span)).Append('\n');
        text.Append(CultureInfo.InvariantCulture, $"index {Index}\n");
        foreach (var hash in Hashes) text.Append(Convert.ToBase64String(hash.ToArray())).Append('\n');
        return [.. Encoding.UTF8.GetBytes(text.Append('\n').ToString()), .. Checkpoint.Encode()];
    }

    /// <summary>Reads a proof; there is one spelling of each. Nothing is verified.</summary>
    public static bool TryParse(ReadOnlySpan<byte> bytes, [NotNullWhen(true)] out TlogProof? proof)
    {
        proof = null;
        if (!NoteText.TrySplit(bytes, MaxSize, out var lines, out var note)) return false;
        if (lines.Length < 2 || lines[0] != First) return false;
        var rest = lines.AsSpan(1);
        byte[]? extra = [];
        if (rest[0].StartsWith("extra ", StringComparison.Ordinal))
        {
            if (!NoteText.TryBase64(rest[0][6..], out extra) || extra.Length == 0) return false;
            rest = rest[1..];
        }

        if (rest.Length is 0 or > 1 + MaxHashes || !rest[0].StartsWith("index ", StringComparison.Ordinal)
            || !NoteText.TryNumber(rest[0][6..], out var index)
            || !NoteText.TryHashes(rest[1..], out var hashes)) return false;
        proof = new TlogProof(extra, index, hashes, note);
        return true;
    }

    /// <summary>Whether a leaf is in a log, by a checkpoint that a policy accepts.</summary>
    public bool Proves(Hash256 leafHash, LogPolicy policy) =>
        policy.TryAccept(Checkpoint, out var checkpoint)
        && MerkleProof.VerifyInclusion(leafHash, Index, checkpoint.Size, checkpoint.Root, Hashes);
}
