using System.Globalization;
using System.Numerics;
using System.Security.Cryptography;

namespace KeyRecovery.Protocol.Tests.Vectors;

/// <summary>
/// The curve of Ed25519 (RFC 8032 §5.1) in slow, plain numbers: points of every order, added by the formulas of §5.1.4,
/// so that a test makes signatures that no honest signer would.
/// </summary>
internal readonly record struct Edwards25519(BigInteger X, BigInteger Y)
{
    /// <summary>The field: 2^255 − 19.</summary>
    public static readonly BigInteger P = BigInteger.Pow(2, 255) - 19;

    /// <summary>The order of the base point.</summary>
    public static readonly BigInteger L = BigInteger.Pow(2, 252)
        + BigInteger.Parse("27742317777372353535851937790883648493", CultureInfo.InvariantCulture);

    private static readonly BigInteger D = Mod(-121665 * Invert(121666));

    /// <summary>The neutral point.</summary>
    public static Edwards25519 Zero { get; } = new(0, 1);

    /// <summary>The base point: y is 4/5, x is even.</summary>
    public static Edwards25519 Base { get; } = Find(Mod(4 * Invert(5)), isOdd: false)!.Value;

    /// <summary>A point of order 8: whatever lies beside the group of prime order is a multiple of it.</summary>
    public static Edwards25519 Torsion { get; } = ReadLoosely(
        Convert.FromHexString("26e8958fc2b227b045c3f489f2ef98f0d5dfac05d3c63339b13802886d53fc05"))!.Value;

    /// <summary>The scalar and the nonce's prefix of a seed (RFC 8032 §5.1.5).</summary>
    public static (BigInteger Scalar, byte[] Prefix) Expand(byte[] seed)
    {
        var hash = SHA512.HashData(seed);
        hash[0] &= 248;
        hash[31] = (byte)((hash[31] & 127) | 64);
        return (new BigInteger(hash.AsSpan(0, 32), isUnsigned: true), hash[32..]);
    }

    /// <summary>k: SHA-512 of R, A and the message, modulo L.</summary>
    public static BigInteger Challenge(byte[] r, byte[] a, byte[] message) =>
        new BigInteger(SHA512.HashData([.. r, .. a, .. message]), isUnsigned: true) % L;

    /// <summary>A number in 32 bytes, the least first.</summary>
    public static byte[] Write(BigInteger number)
    {
        var bytes = new byte[32];
        Assert.True(number.TryWriteBytes(bytes, out _, isUnsigned: true));
        return bytes;
    }

    /// <summary>The point's one canonical encoding.</summary>
    public byte[] Encode()
    {
        var bytes = Write(Y);
        if (!X.IsEven) bytes[31] |= 0x80;
        return bytes;
    }

    public static Edwards25519 operator +(Edwards25519 a, Edwards25519 b)
    {
        var product = D * Mod(a.X * b.X) * Mod(a.Y * b.Y);
        return new Edwards25519(
            Mod((a.X * b.Y + a.Y * b.X) * Invert(1 + product)), Mod((a.Y * b.Y + a.X * b.X) * Invert(1 - product)));
    }

    public static Edwards25519 operator -(Edwards25519 a, Edwards25519 b) => a + new Edwards25519(Mod(-b.X), b.Y);

    public static Edwards25519 operator *(BigInteger scalar, Edwards25519 point)
    {
        var sum = Zero;
        for (var bit = (int)scalar.GetBitLength() - 1; bit >= 0; bit--)
        {
            sum += sum;
            if (!(scalar >> bit).IsEven) sum += point;
        }
        return sum;
    }

    /// <summary>
    /// The point that lax readers find in 32 bytes: y modulo p, and a sign of a zero x means nothing; null where there
    /// is none.
    /// </summary>
    public static Edwards25519? ReadLoosely(byte[] bytes)
    {
        var y = new BigInteger([.. bytes[..31], (byte)(bytes[31] & 0x7f)], isUnsigned: true) % P;
        return Find(y, isOdd: (bytes[31] & 0x80) != 0);
    }

    private static Edwards25519? Find(BigInteger y, bool isOdd)
    {
        var square = Mod((y * y - 1) * Invert(D * y * y + 1));
        var x = BigInteger.ModPow(square, (P + 3) / 8, P);
        if (Mod(x * x) != square) x = Mod(x * BigInteger.ModPow(2, (P - 1) / 4, P));
        if (Mod(x * x) != square) return null;
        return new Edwards25519(x.IsZero || x.IsEven != isOdd ? x : P - x, y);
    }

    private static BigInteger Invert(BigInteger number) => BigInteger.ModPow(Mod(number), P - 2, P);

    private static BigInteger Mod(BigInteger number) => ((number % P) + P) % P;
}
