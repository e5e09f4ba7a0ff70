using System.Buffers.Binary;
using System.Diagnostics;
using System.Globalization;
using System.Runtime.InteropServices;
using System.Security.Cryptography;
using KeyRecovery.Protocol.Primitives;
using KeyRecovery.Protocol.Recovery;
using KeyRecovery.Protocol.Wire;

namespace KeyRecovery.Protocol.Linking;

/// <summary>
/// The six digits that the new device shows and the person types on the existing one (docs/protocol.md §13.3). They
/// follow from the handshake and from what the new device has committed to. Print <c>[redacted]</c>.
/// </summary>
[DebuggerDisplay("[redacted]")]
public readonly struct LinkDigits
{
    /// <summary>How many digits: 6.</summary>
    public const int Length = 6;

    private const uint Values = 1_000_000;

    private readonly uint _value;

    private LinkDigits(uint value) => _value = value;

    /// <summary>Reads what a person typed, spaces and dashes left out. False unless six ASCII digits remain.</summary>
    public static bool TryParse(ReadOnlySpan<char> typed, out LinkDigits digits)
    {
        using var text = TypedCharacters.Of(typed);
        return TryRead(text.Span, out digits);
    }

    /// <summary>The six digits, zeros in front included.</summary>
    public string ToDisplayString() => _value.ToString("D6", CultureInfo.InvariantCulture);

    internal static bool TryRead(ReadOnlySpan<char> text, out LinkDigits digits)
    {
        digits = default;
        if (text.Length != Length || text.ContainsAnyExceptInRange('0', '9')) return false;
        digits = new LinkDigits(uint.Parse(text, NumberStyles.None, CultureInfo.InvariantCulture));
        return true;
    }

    internal static LinkDigits Of(Hash256 handshake, ReadOnlySpan<byte> r)
    {
        using var bound = Bind(Labels.LinkDigits, handshake, r);
        var hash = Hash256.Of(bound.Span).ToArray();
        return new LinkDigits((uint)(BinaryPrimitives.ReadUInt64BigEndian(hash) % Values));
    }

    /// <summary>What the new device sends before it knows whether anybody types its digits.</summary>
    internal static Hash256 Commit(Hash256 handshake, ReadOnlySpan<byte> r)
    {
        using var bound = Bind(Labels.LinkCommitment, handshake, r);
        return Hash256.Of(bound.Span);
    }

    /// <summary>Compares in constant time.</summary>
    internal bool Matches(LinkDigits other)
    {
        var (own, others) = (_value, other._value);
        return CryptographicOperations.FixedTimeEquals(
            MemoryMarshal.AsBytes(new ReadOnlySpan<uint>(in own)),
            MemoryMarshal.AsBytes(new ReadOnlySpan<uint>(in others)));
    }

    private static SecretBytes Bind(string label, Hash256 handshake, ReadOnlySpan<byte> r) =>
        SecretBytes.Take(CborOut.OfSecrets().Array(3).Text(label).Bytes(handshake).Bytes(r));

    /// <summary>Always <c>[redacted]</c>.</summary>
    public override string ToString() => Redacted.Text;
}
