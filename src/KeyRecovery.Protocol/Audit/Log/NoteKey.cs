using System.Buffers.Binary;
using System.Diagnostics.CodeAnalysis;
using System.Globalization;
using System.Text;
using KeyRecovery.Protocol.Wire;

namespace KeyRecovery.Protocol.Audit.Log;

/// <summary>Who signs a note: a name and an Ed25519 key, for one type of signature (C2SP signed-note).</summary>
public sealed record NoteKey
{
    /// <summary>The longest name in bytes of UTF-8: 255.</summary>
    public const int MaxName = 255;

    private NoteKey(string name, NoteSignatureType type, VerifyKey key) => (Name, Type, Key) = (name, type, key);

    /// <summary>Takes a name and a key.</summary>
    /// <param name="name">1 to 255 bytes, without Unicode spaces, control characters and <c>+</c>.</param>
    /// <param name="type">What it signs.</param>
    /// <param name="key">The key.</param>
    /// <exception cref="ArgumentException">The name is none.</exception>
    public static NoteKey Of(string name, NoteSignatureType type, VerifyKey key)
    {
        if (!IsName(name)) Throw.Argument(nameof(name), "no name of a note's key");
        return new NoteKey(name, type, key);
    }

    /// <summary>The name.</summary>
    public string Name { get; }

    /// <summary>What it signs.</summary>
    public NoteSignatureType Type { get; }

    /// <summary>The public key.</summary>
    public VerifyKey Key { get; }

    /// <summary>The first four bytes, big-endian, of SHA-256(name ‖ 0x0A ‖ type ‖ key).</summary>
    public uint Id => BinaryPrimitives.ReadUInt32BigEndian(
        Hash256.Of([.. Encoding.UTF8.GetBytes(Name), 0x0a, (byte)Type, .. Key.ToArray()]).ToArray());

    /// <summary>Whether a text can be the name of a key that this program knows.</summary>
    public static bool IsName(string name) =>
        NoteText.IsName(name) && !name.Any(char.IsControl)
        && NoteText.TryEncode(name, out var bytes) && bytes.Length <= MaxName;

    /// <summary>
    /// Reads a verifier key: name, id in 8 hexadecimal digits, base64 of type and key, joined by <c>+</c>.
    /// </summary>
    public static bool TryParse(string? text, [NotNullWhen(true)] out NoteKey? key)
    {
        key = null;
        // Base64 may have a plus of its own: only the first two part.
        if (text?.Split('+', 3) is not [var name, { Length: 8 } id, var rest] || !IsName(name)) return false;
        if (!NoteText.TryBase64(rest, out var bytes) || bytes.Length != 1 + VerifyKey.Size) return false;
        if (!Enum.IsDefined((NoteSignatureType)bytes[0])) return false;
        try
        {
            key = new NoteKey(name, (NoteSignatureType)bytes[0], new VerifyKey(bytes.AsSpan(1)));
        }
        catch (WireFormatException)
        {
            return false;
        }

        if (id == key.Id.ToString("x8", CultureInfo.InvariantCulture)) return true;
        key = null;
        return false;
    }

    /// <summary>The verifier key.</summary>
    public override string ToString() => string.Create(
        CultureInfo.InvariantCulture, $"{Name}+{Id:x8}+{Convert.ToBase64String([(byte)Type, .. Key.ToArray()])}");
}
