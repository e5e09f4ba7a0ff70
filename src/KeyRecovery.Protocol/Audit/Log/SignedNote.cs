using System.Buffers.Binary;
using System.Collections.Immutable;
using System.Diagnostics.CodeAnalysis;
using System.Text;
using KeyRecovery.Protocol.Primitives;

namespace KeyRecovery.Protocol.Audit.Log;

/// <summary>
/// A text and signatures of it (C2SP signed-note). Nothing is believed of it before a known key verifies.
/// </summary>
public sealed class SignedNote
{
    /// <summary>The largest note in bytes: 65,536.</summary>
    public const int MaxSize = 64 * 1024;

    /// <summary>The most signatures that are read: 100.</summary>
    public const int MaxSignatures = 100;

    private const string Dash = "\u2014 ";
    private const int KeyIdSize = sizeof(uint);

    private SignedNote(string text, ImmutableArray<NoteSignature> signatures) =>
        (Text, Signatures) = (text, signatures);

    /// <summary>The text, with its last newline.</summary>
    public string Text { get; }

    /// <summary>The signatures as they stand there, known or not.</summary>
    public ImmutableArray<NoteSignature> Signatures { get; }

    /// <summary>A note with one signature.</summary>
    /// <param name="text">Ends with a newline, has no other control character.</param>
    /// <param name="name">The key's name: <see cref="NoteKey.IsName"/>.</param>
    /// <param name="key">Signs.</param>
    /// <exception cref="ArgumentException">No text of a note, or no name.</exception>
    public static SignedNote Sign(string text, string name, SigningKey key)
    {
        if (!IsText(text)) Throw.Argument(nameof(text), "no text of a note");
        var signer = NoteKey.Of(name, NoteSignatureType.Ed25519, key.PublicKey);
        return new SignedNote(text, [new NoteSignature(name, signer.Id, key.SignNote(Encoding.UTF8.GetBytes(text)))]);
    }

    /// <summary>Reads a note; there is one spelling of each.</summary>
    public static bool TryParse(ReadOnlySpan<byte> bytes, [NotNullWhen(true)] out SignedNote? note)
    {
        note = null;
        if (bytes.Length > MaxSize || !NoteText.TryDecode(bytes, out var all)) return false;
        // The last empty line parts: what stands behind it are signatures.
        var end = all.LastIndexOf("\n\n", StringComparison.Ordinal);
        if (end < 0 || !all.EndsWith('\n') || !IsText(all[..(end + 1)])) return false;
        if (!TryLines(all[(end + 2)..], out var signatures)) return false;
        note = new SignedNote(all[..(end + 1)], signatures);
        return true;
    }

    /// <summary>
    /// Whether a key of type <see cref="NoteSignatureType.Ed25519"/> has signed the text; false as well where one of
    /// several signatures under its name and id is wrong.
    /// </summary>
    public bool IsSignedBy(NoteKey key)
    {
        var own = Of(key);
        return own.Length > 0 && key.Type == NoteSignatureType.Ed25519
            && own.All(s => key.Key.VerifyNote(Encoding.UTF8.GetBytes(Text), s.Signature.Span));
    }

    /// <summary>The signatures under a key's name and id: nothing is verified.</summary>
    public ImmutableArray<NoteSignature> Of(NoteKey key)
    {
        var id = key.Id;
        return [.. Signatures.Where(s => s.KeyId == id && s.Name == key.Name)];
    }

    /// <summary>The note with the signatures alone that stand under some keys' names and ids.</summary>
    public SignedNote Only(IEnumerable<NoteKey> keys) =>
        new(Text, [.. Signatures.Where(s => keys.Any(key => s.KeyId == key.Id && s.Name == key.Name))]);

    /// <summary>The note with another signature behind the others.</summary>
    /// <exception cref="ArgumentException">It makes no line: its name is none, or it is empty.</exception>
    public SignedNote With(NoteSignature signature)
    {
        if (!NoteText.IsName(signature.Name) || signature.Signature.IsEmpty)
            Throw.Argument(nameof(signature), "no signature of a note");
        return new SignedNote(Text, Signatures.Add(signature));
    }

    /// <summary>The note's bytes.</summary>
    public byte[] Encode()
    {
        var note = new StringBuilder(Text).Append('\n');
        foreach (var signature in Signatures) note.Append(Line(signature));
        return Encoding.UTF8.GetBytes(note.ToString());
    }

    /// <summary>One signature line, with its newline.</summary>
    internal static string Line(NoteSignature signature)
    {
        var bytes = new byte[KeyIdSize + signature.Signature.Length];
        BinaryPrimitives.WriteUInt32BigEndian(bytes, signature.KeyId);
        signature.Signature.Span.CopyTo(bytes.AsSpan(KeyIdSize));
        return $"{Dash}{signature.Name} {Convert.ToBase64String(bytes)}\n";
    }

    /// <summary>Reads 1 to <see cref="MaxSignatures"/> signature lines to their end.</summary>
    internal static bool TryLines(string text, out ImmutableArray<NoteSignature> signatures)
    {
        signatures = [];
        var lines = text.Split('\n');
        // The last part is what stands behind the last newline.
        if (lines.Length - 1 is < 1 or > MaxSignatures || lines[^1].Length > 0) return false;
        var found = ImmutableArray.CreateBuilder<NoteSignature>(lines.Length - 1);
        foreach (var line in lines[..^1])
        {
            if (!line.StartsWith(Dash, StringComparison.Ordinal)) return false;
            if (line[Dash.Length..].Split(' ') is not [var name, var encoded] || !NoteText.IsName(name)) return false;
            if (!NoteText.TryBase64(encoded, out var signature) || signature.Length <= KeyIdSize) return false;
            found.Add(new NoteSignature(
                name, BinaryPrimitives.ReadUInt32BigEndian(signature), signature.AsMemory(KeyIdSize)));
        }

        signatures = found.MoveToImmutable();
        return true;
    }

    private static bool IsText(string text) =>
        text.EndsWith('\n') && text.All(c => c >= ' ' || c == '\n') && NoteText.TryEncode(text, out _);
}
