using System.Numerics;

namespace KeyRecovery.Protocol.Tests.Vectors;

/// <summary>The rules by which verifiers of Ed25519 differ; this project's keeps them all.</summary>
[Flags]
internal enum Ed25519Rules
{
    None = 0,

    /// <summary>The key's y is below p, and a zero x has no sign.</summary>
    CanonicalKey = 1,

    /// <summary>The key is not neutral, and L times the key is.</summary>
    KeyOfPrimeOrder = 2,

    /// <summary>The same as of the key, of R.</summary>
    CanonicalR = 4,

    /// <summary>8 times R is not neutral.</summary>
    ROfLargeOrder = 8,

    /// <summary>S is below L.</summary>
    SBelowL = 16,

    /// <summary>S·B − k·A is R itself, and not only after a multiplication by 8.</summary>
    NoCofactor = 32,

    All = CanonicalKey | KeyOfPrimeOrder | CanonicalR | ROfLargeOrder | SBelowL | NoCofactor,
}

/// <summary>A verifier in plain numbers that keeps as many of the rules as it is told.</summary>
internal static class Edwards25519Verifier
{
    public static bool Verify(byte[] key, byte[] message, byte[] signature, Ed25519Rules rules)
    {
        var (r, s) = (signature[..32], new BigInteger(signature.AsSpan(32), isUnsigned: true));
        if (Edwards25519.ReadLoosely(key) is not { } keyPoint) return false;
        if (Edwards25519.ReadLoosely(r) is not { } rPoint) return false;
        var difference = s * Edwards25519.Base - Edwards25519.Challenge(r, key, message) * keyPoint - rPoint;
        var isPrime = keyPoint != Edwards25519.Zero && Edwards25519.L * keyPoint == Edwards25519.Zero;
        var kept = (keyPoint.Encode().SequenceEqual(key) ? Ed25519Rules.CanonicalKey : 0)
            | (isPrime ? Ed25519Rules.KeyOfPrimeOrder : 0)
            | (rPoint.Encode().SequenceEqual(r) ? Ed25519Rules.CanonicalR : 0)
            | (8 * rPoint != Edwards25519.Zero ? Ed25519Rules.ROfLargeOrder : 0)
            | (s < Edwards25519.L ? Ed25519Rules.SBelowL : 0)
            | (difference == Edwards25519.Zero ? Ed25519Rules.NoCofactor : 0);
        return (kept & rules) == rules && 8 * difference == Edwards25519.Zero;
    }
}
