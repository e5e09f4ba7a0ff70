using System.Numerics;
using System.Text;

namespace KeyRecovery.Protocol.Tests.Vectors;

/// <summary>
/// A signature that no honest signer makes. A verifier that lacks the rules which it breaks takes it.
/// </summary>
internal sealed record RogueSignature(string Name, byte[] Key, byte[] Signature, Ed25519Rules Breaks);

/// <summary>
/// Makes them (F32): B is the base point, T a point of order 8, a and r scalars, A = a·B the key, M label, zero byte
/// and body, k = SHA-512(R ‖ A ‖ M) mod L.
/// </summary>
internal static class RogueSignatures
{
    public const string Label = "keyrecovery/v1/link";
    public const string Body = "body";

    public static readonly byte[] Message = Encoding.ASCII.GetBytes($"{Label}\0{Body}");

    // Any seed will do; the honest key of it is the victim.
    private static readonly byte[] Seed = new byte[32];
    private static readonly BigInteger Scalar = Edwards25519.Expand(Seed).Scalar;
    private static readonly Edwards25519 Honest = Scalar % Edwards25519.L * Edwards25519.Base;

    // The neutral point is (0, 1).
    private static readonly byte[] Neutral = Edwards25519.Zero.Encode();
    private static readonly byte[] NeutralAbove = Edwards25519.Write(Edwards25519.P + 1);
    private static readonly byte[] NeutralSigned = [.. Neutral[..31], 0x80];

    // In plain numbers each takes a while: they are made once.
    private static readonly Lazy<IReadOnlyList<RogueSignature>> Made = new(() => [.. OfR(), .. OfS(), .. OfKeys()]);

    public static IReadOnlyList<RogueSignature> All() => Made.Value;

    private static IEnumerable<RogueSignature> OfR()
    {
        const Ed25519Rules small = Ed25519Rules.ROfLargeOrder;
        foreach (var times in new[] { 1, 2, 4 })
            yield return Sign(
                $"R = r·B + a point of order {8 / times}", Ed25519Rules.NoCofactor, Honest,
                r => (r * Edwards25519.Base + times * Edwards25519.Torsion).Encode());
        yield return Sign("R is the neutral point, and S = k·a", small, Honest, _ => Neutral, scalarOfR: 0);
        foreach (var times in new[] { 1, 2, 4 })
            yield return Sign(
                $"R is a point of order {8 / times}, and S = k·a", small | Ed25519Rules.NoCofactor, Honest,
                _ => ((BigInteger)times * Edwards25519.Torsion).Encode(), scalarOfR: 0);
        yield return Sign(
            "R is the neutral point, its y written as p + 1", small | Ed25519Rules.CanonicalR, Honest,
            _ => NeutralAbove, scalarOfR: 0);
        yield return Sign(
            "R is the neutral point, its zero x with a sign", small | Ed25519Rules.CanonicalR, Honest,
            _ => NeutralSigned, scalarOfR: 0);
    }

    private static IEnumerable<RogueSignature> OfS()
    {
        var right = Sign("", Ed25519Rules.None, Honest, r => (r * Edwards25519.Base).Encode());
        var s = new BigInteger(right.Signature.AsSpan(32), isUnsigned: true);
        foreach (var times in new[] { 1, 2, 14 })
            yield return right with
            {
                Name = $"S + {times}·L", Breaks = Ed25519Rules.SBelowL,
                Signature = [.. right.Signature[..32], .. Edwards25519.Write(s + times * Edwards25519.L)],
            };
    }

    private static IEnumerable<RogueSignature> OfKeys()
    {
        const Ed25519Rules prime = Ed25519Rules.KeyOfPrimeOrder;
        var mixed = Honest + Edwards25519.Torsion;
        static byte[] OfPrimeOrder(BigInteger r) => (r * Edwards25519.Base).Encode();
        yield return Sign("the key is A + T, and k a multiple of 8", prime, mixed, OfPrimeOrder, k => k % 8 == 0);
        yield return Sign(
            "the key is A + 4·T, and k even", prime, Honest + 4 * Edwards25519.Torsion, OfPrimeOrder,
            k => k.IsEven);
        yield return Sign(
            "the key is A + T, and k odd", prime | Ed25519Rules.NoCofactor, mixed, OfPrimeOrder, k => !k.IsEven);
        yield return Sign(
            "the key is A + T and R = r·B + T, which cancel", prime, mixed,
            r => (r * Edwards25519.Base + Edwards25519.Torsion).Encode(), k => k % 8 == 7);
        yield return Sign(
            "the key is the neutral point: one signature for every message", prime, Edwards25519.Zero, OfPrimeOrder,
            scalarOfKey: 0);
        yield return Sign(
            "the key is T, and k a multiple of 8", prime, Edwards25519.Torsion, OfPrimeOrder, k => k % 8 == 0,
            scalarOfKey: 0);
        yield return Sign(
            "the key is the neutral point, its y written as p + 1", prime | Ed25519Rules.CanonicalKey,
            Edwards25519.Zero, OfPrimeOrder, scalarOfKey: 0, key: NeutralAbove);
        yield return Sign(
            "the key is the neutral point, its zero x with a sign", prime | Ed25519Rules.CanonicalKey,
            Edwards25519.Zero, OfPrimeOrder, scalarOfKey: 0, key: NeutralSigned);
    }

    /// <summary>S = r + k·a, for the first r whose k is as <paramref name="wanted"/>.</summary>
    private static RogueSignature Sign(
        string name, Ed25519Rules breaks, Edwards25519 point, Func<BigInteger, byte[]> makeR,
        Func<BigInteger, bool>? wanted = null, BigInteger? scalarOfR = null, BigInteger? scalarOfKey = null,
        byte[]? key = null)
    {
        key ??= point.Encode();
        for (var r = scalarOfR ?? 1_000_003; ; r++)
        {
            var bytes = makeR(r);
            var k = Edwards25519.Challenge(bytes, key, Message);
            if (wanted is not null && !wanted(k)) continue;
            var s = (r + k * (scalarOfKey ?? Scalar)) % Edwards25519.L;
            return new RogueSignature(name, key, [.. bytes, .. Edwards25519.Write(s)], breaks);
        }
    }
}
