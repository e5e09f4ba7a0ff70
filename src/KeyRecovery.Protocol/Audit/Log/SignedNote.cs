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
        var lines = all[(end + 2)..].Split('\n');
        if (lines.Length - 1 is < 1 or > MaxSignatures) return false;
        var signatures = ImmutableArray.CreateBuilder<NoteSignature>();
        foreach (var line in lines[..^1])
        {
            if (!line.StartsWith(Dash, StringComparison.Ordinal)) return false;
            if (line[Dash.Length..].Split(' ') is not [var name, var encoded] || !NoteKey.IsName(name)) return false;
            if (!NoteText.TryBase64(encoded, out var signature) || signature.Length <= KeyIdSize) return false;
            signatures.Add(new NoteSignature(
                name, BinaryPrimitives.ReadUInt32BigEndian(signature), signature.AsMemory(KeyIdSize)));
        }

        note = new SignedNote(all[..(end + 1)], signatures.ToImmutable());
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
    public ImmutableArray<NoteSignature> Of(NoteKey key) =>
        [.. Signatures.Where(s => s.KeyId == key.Id && s.Name == key.Name)];

    /// <summary>The note with another signature behind the others.</summary>
    public SignedNote With(NoteSignature signature) => new(Text, Signatures.Add(signature));

    /// <summary>The note's bytes.</summary>
    public byte[] Encode()
    {
        var note = new StringBuilder(Text).Append('\n');
        foreach (var (name, id, signature) in Signatures)
        {
            var bytes = new byte[KeyIdSize + signature.Length];
            BinaryPrimitives.WriteUInt32BigEndian(bytes, id);
            signature.Span.CopyTo(bytes.AsSpan(KeyIdSize));
            note.Append(Dash).Append(name).Append(' ').Append(Convert.ToBase64String(bytes)).Append('\n');
        }

        return Encoding.UTF8.GetBytes(note.ToString());
    }

    private static bool IsText(string text) =>
        text.EndsWith('\n') && text.All(c => c >= ' ' || c == '\n') && NoteText.TryEncode(text, out _);
}
