using System.Buffers.Binary;
using System.Diagnostics.CodeAnalysis;
using System.Security.Cryptography;
using System.Text;

namespace KeyRecovery.Protocol.Wire;

/// <summary>
/// Writes the CBOR of signed things (RFC 8949, CTAP2's canonical form): arrays of known length, text, bytes and
/// unsigned integers. An array closes by itself with its last element. What it writes, <see cref="CborIn"/> reads. It
/// writes one thing, and keeps nothing of it: buffers are zeroed when they are let go of, as what is encoded may be a
/// secret.
/// </summary>
public sealed class CborOut
{
    /// <summary>How deep arrays may nest: 8.</summary>
    public const int MaxDepth = 8;

    /// <summary>The largest integer: 2^53 − 1, the largest that every language counts exactly.</summary>
    public const ulong MaxInteger = (1UL << 53) - 1;

    private const int FirstSize = 256;
    private const int MaxHeadSize = 9;

    private static readonly UTF8Encoding StrictUtf8 =
        new(encoderShouldEmitUTF8Identifier: false, throwOnInvalidBytes: true);

    private readonly Stack<int> _remaining = new(MaxDepth);
    private readonly bool _isPinned;
    private byte[]? _buffer;

    /// <summary>Begins to write what is no secret.</summary>
    public CborOut() : this(isPinned: false) { }

    private CborOut(bool isPinned)
    {
        _isPinned = isPinned;
        _buffer = Allocate(FirstSize);
    }

    private enum MajorType
    {
        UInt = 0,
        Bytes = 2,
        Text = 3,
        Array = 4,
    }

    /// <summary>
    /// Begins to write secrets, in buffers of which the collector makes no copies: to be ended with
    /// <see cref="MoveTo"/>.
    /// </summary>
    public static CborOut OfSecrets() => new(isPinned: true);

    /// <summary>Begins an array of exactly <paramref name="count"/> elements.</summary>
    public CborOut Array(int count)
    {
        Throw.IfOutside(count, 0, int.MaxValue, nameof(count));
        if (_remaining.Count == MaxDepth) Throw.State("arrays nest too deep");
        Head(MajorType.Array, (ulong)count);
        _remaining.Push(count);
        if (count == 0) Close();
        return this;
    }

    /// <summary>Writes text as UTF-8.</summary>
    /// <exception cref="ArgumentException">A surrogate without its other half.</exception>
    public CborOut Text(string text)
    {
        var length = LengthOf(text);
        Head(MajorType.Text, (ulong)length);
        StrictUtf8.GetBytes(text, Room(length));
        return Counted();
    }

    /// <summary>Writes a byte string.</summary>
    public CborOut Bytes(ReadOnlySpan<byte> bytes)
    {
        Head(MajorType.Bytes, (ulong)bytes.Length);
        bytes.CopyTo(Room(bytes.Length));
        return Counted();
    }

    /// <summary>Writes an id as 16 bytes.</summary>
    public CborOut Bytes(AccountId id) => Bytes(id.ToArray());

    /// <summary>Writes an id as 16 bytes.</summary>
    public CborOut Bytes(AuthorityId id) => Bytes(id.ToArray());

    /// <summary>Writes an id as 16 bytes.</summary>
    public CborOut Bytes(ItemId id) => Bytes(id.ToArray());

    /// <summary>Writes a hash as 32 bytes.</summary>
    public CborOut Bytes(Hash256 hash) => Bytes(hash.ToArray());

    /// <summary>Writes an integer of at most <see cref="MaxInteger"/>.</summary>
    [SuppressMessage("Naming", "CA1720", Justification = "The name of CBOR's own type.")]
    public CborOut UInt(ulong value)
    {
        if (value > MaxInteger) Throw.Argument(nameof(value), "must not exceed 2^53 - 1");
        Head(MajorType.UInt, value);
        return Counted();
    }

    /// <summary>The bytes of the one thing written. To be called once: it ends the writing.</summary>
    /// <exception cref="InvalidOperationException">Nothing was written, or an array lacks elements.</exception>
    public byte[] ToArray()
    {
        var bytes = Written().ToArray();
        End();
        return bytes;
    }

    /// <summary>How many bytes were written so far.</summary>
    public int Length { get; private set; }

    /// <summary>Moves the one thing written to where it is to lie. To be called once: it ends the writing.</summary>
    /// <param name="destination"><see cref="Length"/> bytes.</param>
    /// <exception cref="InvalidOperationException">Nothing was written, or an array lacks elements.</exception>
    public void MoveTo(Span<byte> destination)
    {
        Throw.IfNotLength(destination.Length, Length, nameof(destination));
        Written().CopyTo(destination);
        End();
    }

    private byte[] Buffer
    {
        get
        {
            if (_buffer is null) Throw.State("the writing has ended");
            return _buffer;
        }
    }

    private static int LengthOf(string text)
    {
        try
        {
            return StrictUtf8.GetByteCount(text);
        }
        catch (EncoderFallbackException)
        {
            Throw.Argument(nameof(text), "a surrogate without its other half");
            return 0;
        }
    }

    private byte[] Allocate(int size) => GC.AllocateUninitializedArray<byte>(size, _isPinned);

    private ReadOnlySpan<byte> Written()
    {
        if (Length == 0 || _remaining.Count != 0) Throw.State("it is not written to its end");
        return Buffer.AsSpan(0, Length);
    }

    private void End()
    {
        CryptographicOperations.ZeroMemory(Buffer.AsSpan(0, Length));
        _buffer = null;
    }

    private Span<byte> Room(int size)
    {
        var needed = checked(Length + size);
        if (needed > Buffer.Length) Grow(needed);
        var room = Buffer.AsSpan(Length, size);
        Length = needed;
        return room;
    }

    private void Grow(int needed)
    {
        var old = Buffer;
        var grown = Allocate(Math.Max(needed, (int)Math.Min(2L * old.Length, System.Array.MaxLength)));
        old.AsSpan(0, Length).CopyTo(grown);
        CryptographicOperations.ZeroMemory(old.AsSpan(0, Length));
        _buffer = grown;
    }

    // RFC 8949 §3: the type in three bits, then the number in its shortest form.
    private void Head(MajorType type, ulong number)
    {
        if (_remaining.Count == 0 && Length != 0) Throw.State("one thing was written already");
        Span<byte> head = stackalloc byte[MaxHeadSize];
        BinaryPrimitives.WriteUInt64BigEndian(head[1..], number);
        var (size, argument) = number switch
        {
            < 24 => (0, (int)number),
            <= byte.MaxValue => (1, 24),
            <= ushort.MaxValue => (2, 25),
            <= uint.MaxValue => (4, 26),
            _ => (8, 27),
        };
        var room = Room(1 + size);
        room[0] = (byte)(((int)type << 5) | argument);
        head[^size..].CopyTo(room[1..]);
    }

    private CborOut Counted()
    {
        if (_remaining.TryPop(out var count))
        {
            _remaining.Push(count - 1);
            if (count == 1) Close();
        }

        return this;
    }

    private void Close()
    {
        _remaining.Pop();
        Counted();
    }
}
