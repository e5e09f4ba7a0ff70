using System.Buffers.Binary;
using System.Diagnostics;
using System.Globalization;
using System.Security.Cryptography;
using System.Text;
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
    public static bool TryParse(string? typed, out LinkDigits digits)
    {
        digits = default;
        var text = string.Concat((typed ?? "").Where(character => !RecoveryCodeReader.IsSeparator(character)));
        return TryRead(text, out digits);
    }

    /// <summary>The six digits, zeros in front included.</summary>
    public string ToDisplayString() => _value.ToString("D6", CultureInfo.InvariantCulture);

    internal static bool TryRead(string text, out LinkDigits digits)
    {
        digits = default;
        if (text.Length != Length || !text.All(char.IsAsciiDigit)) return false;
        digits = new LinkDigits(uint.Parse(text, CultureInfo.InvariantCulture));
        return true;
    }

    internal static LinkDigits Of(Hash256 handshake, ReadOnlySpan<byte> r)
    {
        var hash = Hash256.Of(Bind(Labels.LinkDigits, handshake, r)).ToArray();
        return new LinkDigits((uint)(BinaryPrimitives.ReadUInt64BigEndian(hash) % Values));
    }

    /// <summary>What the new device sends before it knows whether anybody types its digits.</summary>
    internal static Hash256 Commit(Hash256 handshake, ReadOnlySpan<byte> r) =>
        Hash256.Of(Bind(Labels.LinkCommitment, handshake, r));

    /// <summary>Compares in constant time.</summary>
    internal bool Matches(LinkDigits other) =>
        CryptographicOperations.FixedTimeEquals(
            Encoding.ASCII.GetBytes(ToDisplayString()), Encoding.ASCII.GetBytes(other.ToDisplayString()));

    private static byte[] Bind(string label, Hash256 handshake, ReadOnlySpan<byte> r) =>
        new CborOut().Array(3).Text(label).Bytes(handshake).Bytes(r).ToArray();

    /// <summary>Always <c>[redacted]</c>.</summary>
    public override string ToString() => Redacted.Text;
}
