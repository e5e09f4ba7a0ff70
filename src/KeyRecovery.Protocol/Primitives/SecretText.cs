using System.Diagnostics;
using System.Runtime.InteropServices;
using System.Security.Cryptography;
using System.Text;

namespace KeyRecovery.Protocol.Primitives;

/// <summary>
/// Characters of a secret, as they are typed: no string, whose bytes nobody can zero. They lie in a pinned array, also
/// while it grows, and are zeroed on disposal. Prints <c>[redacted]</c>.
/// </summary>
[DebuggerDisplay("[redacted]")]
public sealed class SecretText : IDisposable
{
    private const int FirstSize = 64;

    private char[] _characters = Allocate(FirstSize);

    /// <summary>How many characters (UTF-16).</summary>
    public int Length { get; private set; }

    /// <summary>The characters, valid until the next change: do not keep the span beyond it.</summary>
    public ReadOnlySpan<char> Span => _characters.AsSpan(0, Length);

    /// <summary>Adds one character.</summary>
    public void Append(char character) => Append(new ReadOnlySpan<char>(in character));

    /// <summary>Adds characters; the caller still has to zero the originals.</summary>
    public void Append(ReadOnlySpan<char> characters)
    {
        characters.CopyTo(Extend(characters.Length));
    }

    /// <summary>Adds the NFKC of well-formed text. False where this runtime has none.</summary>
    internal bool TryAppendComposed(ReadOnlySpan<char> text)
    {
        var before = Length;
        var room = Extend(text.GetNormalizedLength(NormalizationForm.FormKC));
        var isDone = text.TryNormalize(room, out var written, NormalizationForm.FormKC);
        Truncate(before + written);
        return isDone;
    }

    /// <summary>Adds room for characters, which the caller writes; valid until the next change.</summary>
    internal Span<char> Extend(int length)
    {
        Reserve(checked(Length + length));
        Length += length;
        return _characters.AsSpan(Length - length, length);
    }

    /// <summary>Puts another character in the place of one.</summary>
    public void Replace(int index, char character)
    {
        Throw.IfOutside(index, 0, Length - 1, nameof(index));
        _characters[index] = character;
    }

    /// <summary>Keeps the first <paramref name="length"/> characters, and zeroes the others.</summary>
    public void Truncate(int length)
    {
        Throw.IfOutside(length, 0, Length, nameof(length));
        Zero(_characters.AsSpan(length, Length - length));
        Length = length;
    }

    /// <summary>Zeroes the characters. Empty afterwards.</summary>
    public void Dispose() => Truncate(0);

    /// <summary>Always <c>[redacted]</c>.</summary>
    public override string ToString() => Redacted.Text;

    private void Reserve(int length)
    {
        if (length <= _characters.Length) return;
        var grown = Allocate(Math.Max(length, (int)Math.Min(2L * _characters.Length, Array.MaxLength)));
        Span.CopyTo(grown);
        Zero(_characters);
        _characters = grown;
    }

    private static char[] Allocate(int length) => GC.AllocateArray<char>(length, pinned: true);

    private static void Zero(Span<char> characters) =>
        CryptographicOperations.ZeroMemory(MemoryMarshal.AsBytes(characters));
}
