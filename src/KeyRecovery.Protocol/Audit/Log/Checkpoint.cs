using System.Diagnostics.CodeAnalysis;
using System.Globalization;
using KeyRecovery.Protocol.Primitives;

namespace KeyRecovery.Protocol.Audit.Log;

/// <summary>Which tree a log had at a size: the text of a signed note (C2SP tlog-checkpoint).</summary>
/// <param name="Origin">The log's name.</param>
/// <param name="Size">How many leaves the tree has, at most 2^63 − 1.</param>
/// <param name="Root">Its root hash.</param>
public sealed record Checkpoint(string Origin, ulong Size, Hash256 Root)
{
    private const int Lines = 3;

    /// <summary>The text. Ours has no extension lines.</summary>
    public string Text => string.Create(
        CultureInfo.InvariantCulture, $"{Origin}\n{Size}\n{Convert.ToBase64String(Root.ToArray())}\n");

    /// <summary>Signs it as the log: the key has the origin as its name.</summary>
    /// <exception cref="ArgumentException">The origin is no key's name.</exception>
    /// <exception cref="InvalidOperationException">No reader would take it: the size or the root cannot be.</exception>
    public SignedNote Sign(SigningKey key)
    {
        var note = SignedNote.Sign(Text, Origin, key);
        if (!TryParse(note.Text, out _)) Throw.State("no checkpoint that a reader takes");
        return note;
    }

    /// <summary>Reads the text of a note, extension lines and all.</summary>
    public static bool TryParse(string text, [NotNullWhen(true)] out Checkpoint? checkpoint)
    {
        if (TryRead(text, out checkpoint) && (checkpoint.Size > 0 || checkpoint.Root == MerkleEdge.Empty.Root))
            return true;
        checkpoint = null;
        return false;
    }

    /// <summary>As the other, where the empty tree may have any root: a witness answers that by a status of its own.
    /// </summary>
    internal static bool TryRead(string text, [NotNullWhen(true)] out Checkpoint? checkpoint)
    {
        checkpoint = null;
        var lines = text.Split('\n');
        // The last part is what stands behind the last newline.
        if (lines.Length <= Lines || lines[^1].Length > 0 || lines[..^1].Any(line => line.Length == 0)) return false;
        if (!NoteText.TryNumber(lines[1], out var size)) return false;
        if (!NoteText.TryBase64(lines[2], out var root) || root.Length != Hash256.Size) return false;
        checkpoint = new Checkpoint(lines[0], size, new Hash256(root));
        return true;
    }

    /// <summary>Reads a note, where the log's key has signed it and the key's name is its origin.</summary>
    public static bool TryOpen(
        ReadOnlySpan<byte> note, NoteKey log, [NotNullWhen(true)] out Checkpoint? checkpoint)
    {
        checkpoint = null;
        return SignedNote.TryParse(note, out var signed) && TryOpen(signed, log, out checkpoint);
    }

    /// <summary>As <see cref="TryOpen(SignedNote, NoteKey, out Checkpoint?)"/>, by the first of several keys of logs
    /// that has signed it; null where none has.</summary>
    public static Checkpoint? FindOpen(SignedNote note, IEnumerable<NoteKey> logs)
    {
        foreach (var log in logs)
            if (TryOpen(note, log, out var checkpoint)) return checkpoint;
        return null;
    }

    /// <summary>As the other overload, of a note that was read.</summary>
    public static bool TryOpen(SignedNote note, NoteKey log, [NotNullWhen(true)] out Checkpoint? checkpoint)
    {
        checkpoint = null;
        if (!note.IsSignedBy(log) || !TryParse(note.Text, out var read) || read.Origin != log.Name) return false;
        checkpoint = read;
        return true;
    }
}
