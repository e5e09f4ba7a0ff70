using System.Buffers.Binary;
using System.Numerics;

namespace KeyRecovery.Protocol.Tests.Vault;

/// <summary>
/// Makes one ciphertext with a tag that ChaCha20-Poly1305 opens under two keys: the tag is a polynomial (RFC 8439
/// §2.5), and one free block of the ciphertext solves the equation that both tags be the same.
/// </summary>
internal static class TwoKeyBox
{
    private static readonly BigInteger P = BigInteger.Pow(2, 130) - 5;
    private static readonly BigInteger TwoTo128 = BigInteger.Pow(2, 128);

    /// <summary>A key as the tag sees it: the first 32 bytes of the key stream.</summary>
    public static byte[] TagKey(byte[] key, byte[] nonce) => nonce.Length == 24
        ? Block(HChaCha(key, nonce), [.. new byte[4], .. nonce[16..]])[..32]
        : Block(key, nonce)[..32];

    /// <summary>32 bytes of ciphertext and their tag, which hold under both tag keys.</summary>
    public static byte[] Craft(byte[] tagKeyA, byte[] tagKeyB, byte[] aad, TestRandom random)
    {
        while (true)
        {
            var first = random.Bytes(16);
            var (a, b) = (Blocks(tagKeyA, aad, first), Blocks(tagKeyB, aad, first));
            for (var wraps = -4; wraps <= 4; wraps++)
            {
                // a.Known + x·a.Factor + a.Added and the same of b differ by a multiple of 2^128.
                var wanted = b.Added - a.Added + wraps * TwoTo128 + b.Known - a.Known;
                var free = Mod(wanted * BigInteger.ModPow(Mod(a.Factor - b.Factor), P - 2, P)) - TwoTo128;
                if (free < 0 || free >= TwoTo128) continue;
                byte[] ciphertext = [.. first, .. Write(free)];
                var tag = Tag(tagKeyA, aad, ciphertext);
                if (tag.SequenceEqual(Tag(tagKeyB, aad, ciphertext))) return [.. ciphertext, .. tag];
            }
        }
    }

    /// <summary>The part of the polynomial that is known, the factor of the free block, and what is added.</summary>
    private static (BigInteger Known, BigInteger Factor, BigInteger Added) Blocks(
        byte[] tagKey, byte[] aad, byte[] first)
    {
        var (r, s) = Split(tagKey);
        byte[] data = [.. Data(aad, [.. first, .. new byte[16]])];
        var known = Mod(Polynomial(r, data) - TwoTo128 * r * r);
        return (known, Mod(r * r), s);
    }

    private static byte[] Tag(byte[] tagKey, byte[] aad, byte[] ciphertext)
    {
        var (r, s) = Split(tagKey);
        return Write((Polynomial(r, Data(aad, ciphertext)) + s) % TwoTo128);
    }

    private static BigInteger Polynomial(BigInteger r, byte[] data) => data.Chunk(16)
        .Aggregate(BigInteger.Zero, (sum, block) => Mod((sum + Read(block) + TwoTo128) * r));

    /// <summary>Associated data and ciphertext, padded with zeros, then both lengths (RFC 8439 §2.8).</summary>
    private static byte[] Data(byte[] aad, byte[] ciphertext) =>
    [
        .. aad, .. new byte[(16 - aad.Length % 16) % 16], .. ciphertext,
        .. BitConverter.GetBytes((ulong)aad.Length), .. BitConverter.GetBytes((ulong)ciphertext.Length),
    ];

    private static (BigInteger R, BigInteger S) Split(byte[] tagKey)
    {
        var r = tagKey[..16];
        foreach (var at in new[] { 3, 7, 11, 15 }) r[at] &= 15;
        foreach (var at in new[] { 4, 8, 12 }) r[at] &= 252;
        return (Read(r), Read(tagKey[16..]));
    }

    /// <summary>The first block of the key stream (RFC 8439 §2.3).</summary>
    private static byte[] Block(byte[] key, byte[] nonce12)
    {
        var start = State(key, [.. new byte[4], .. nonce12]);
        var end = Rounds(start);
        return Bytes(end.Zip(start, (a, b) => unchecked(a + b)));
    }

    private static byte[] HChaCha(byte[] key, byte[] nonce)
    {
        var end = Rounds(State(key, nonce[..16]));
        return Bytes([.. end[..4], .. end[12..]]);
    }

    private static uint[] State(byte[] key, byte[] last16) =>
    [
        0x61707865, 0x3320646e, 0x79622d32, 0x6b206574,
        .. ((byte[])[.. key, .. last16]).Chunk(4).Select(word => BinaryPrimitives.ReadUInt32LittleEndian(word)),
    ];

    private static uint[] Rounds(uint[] start)
    {
        uint[] x = [.. start];
        for (var i = 0; i < 10; i++)
        {
            for (var j = 0; j < 4; j++) Quarter(x, j, j + 4, j + 8, j + 12);
            for (var j = 0; j < 4; j++) Quarter(x, j, 4 + (j + 1) % 4, 8 + (j + 2) % 4, 12 + (j + 3) % 4);
        }
        return x;
    }

    private static void Quarter(uint[] x, int a, int b, int c, int d)
    {
        unchecked
        {
            x[a] += x[b];
            x[d] = BitOperations.RotateLeft(x[d] ^ x[a], 16);
            x[c] += x[d];
            x[b] = BitOperations.RotateLeft(x[b] ^ x[c], 12);
            x[a] += x[b];
            x[d] = BitOperations.RotateLeft(x[d] ^ x[a], 8);
            x[c] += x[d];
            x[b] = BitOperations.RotateLeft(x[b] ^ x[c], 7);
        }
    }

    private static byte[] Bytes(IEnumerable<uint> words) => [.. words.SelectMany(BitConverter.GetBytes)];

    private static BigInteger Read(byte[] bytes) => new(bytes, isUnsigned: true);

    private static byte[] Write(BigInteger number)
    {
        var bytes = new byte[16];
        Assert.True(number.TryWriteBytes(bytes, out _, isUnsigned: true));
        return bytes;
    }

    private static BigInteger Mod(BigInteger number) => ((number % P) + P) % P;
}
