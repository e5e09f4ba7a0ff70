using System.Security.Cryptography;
using KeyRecovery.Protocol.Primitives;

namespace KeyRecovery.Protocol.Oprf;

/// <summary>
/// Proofs of equal discrete logarithms (RFC 9497 §2.2) over the generator, in mode 0x01: that one key made the public
/// key of the generator and each evaluated element of its blinded one.
/// </summary>
internal static class OprfDleq
{
    // Five elements and a word, or a seed, a number, two elements and a word; each with its length.
    private const int TranscriptSize = 192;

    /// <summary>
    /// GenerateProof (§2.2.1). <paramref name="nonce"/> is a new random scalar, and never used again.
    /// </summary>
    public static OprfProof Prove(
        ReadOnlySpan<byte> key, OprfElement publicKey, ReadOnlySpan<OprfElement> blinded,
        ReadOnlySpan<OprfElement> evaluated, ReadOnlySpan<byte> nonce)
    {
        Span<byte> elements = stackalloc byte[4 * Ristretto255.Size];
        var m = elements[..32];
        var z = elements[32..64];
        var t2 = elements[64..96];
        var t3 = elements[96..];
        Combine(publicKey, blinded, evaluated, m, default);
        var sound = Ristretto255.TryMultiply(z, key, m)
            & Ristretto255.TryMultiplyBase(t2, nonce)
            & Ristretto255.TryMultiply(t3, nonce, m);
        Throw.IfFailed(sound ? 0 : -1, nameof(Prove));

        var proof = new byte[OprfProof.Size];
        var challenge = proof.AsSpan(0, Ristretto255.Size);
        Challenge(challenge, publicKey, elements);
        Span<byte> product = stackalloc byte[Ristretto255.Size];
        Ristretto255.ScalarMultiply(product, challenge, key);
        Ristretto255.ScalarSubtract(proof.AsSpan(Ristretto255.Size), nonce, product);
        CryptographicOperations.ZeroMemory(product);
        return new OprfProof(proof);
    }

    /// <summary>VerifyProof (§2.2.2). A zero scalar, which no honest server draws, is refused with the rest.</summary>
    public static bool Verify(
        OprfElement publicKey, ReadOnlySpan<OprfElement> blinded, ReadOnlySpan<OprfElement> evaluated, OprfProof proof)
    {
        Span<byte> elements = stackalloc byte[4 * Ristretto255.Size];
        var m = elements[..32];
        var z = elements[32..64];
        var t2 = elements[64..96];
        var t3 = elements[96..];
        Combine(publicKey, blinded, evaluated, m, z);
        Span<byte> ofKey = stackalloc byte[Ristretto255.Size];
        Span<byte> ofElements = stackalloc byte[Ristretto255.Size];
        if (!Ristretto255.TryMultiplyBase(t2, proof.Response)
            || !Ristretto255.TryMultiply(ofKey, proof.Challenge, publicKey.Span)
            || !Ristretto255.TryMultiply(t3, proof.Response, m)
            || !Ristretto255.TryMultiply(ofElements, proof.Challenge, z))
            return false;
        Ristretto255.Add(t2, t2, ofKey);
        Ristretto255.Add(t3, t3, ofElements);

        Span<byte> challenge = stackalloc byte[Ristretto255.Size];
        Challenge(challenge, publicKey, elements);
        return CryptographicOperations.FixedTimeEquals(challenge, proof.Challenge);
    }

    /// <summary>
    /// ComputeComposites (§2.2.1, §2.2.2); without room for <paramref name="z"/>, ComputeCompositesFast.
    /// </summary>
    private static void Combine(
        OprfElement publicKey, ReadOnlySpan<OprfElement> blinded, ReadOnlySpan<OprfElement> evaluated, Span<byte> m,
        Span<byte> z)
    {
        if (blinded.Length != evaluated.Length) Throw.Argument(nameof(evaluated), "one for each blinded element");
        Throw.IfOutside(blinded.Length, 1, ushort.MaxValue, nameof(blinded));
        Span<byte> buffer = stackalloc byte[TranscriptSize];
        Span<byte> seed = stackalloc byte[Sha512.Size];
        var transcript = new OprfTranscript(buffer);
        transcript.Add(publicKey.Span);
        transcript.Add(OprfSuite.Verifiable.SeedName);
        var hash = new Sha512();
        hash.Append(transcript.Written);
        hash.Finish(seed);

        Span<byte> weight = stackalloc byte[Ristretto255.Size];
        for (var i = 0; i < blinded.Length; i++)
        {
            transcript = new OprfTranscript(buffer);
            transcript.Add(seed);
            transcript.AddNumber(i);
            transcript.Add(blinded[i].Span);
            transcript.Add(evaluated[i].Span);
            transcript.AddText("Composite"u8);
            OprfSuite.Verifiable.HashToScalar(weight, transcript.Written);
            AddProduct(m, weight, blinded[i], i == 0);
            if (!z.IsEmpty) AddProduct(z, weight, evaluated[i], i == 0);
        }
    }

    private static void AddProduct(Span<byte> sum, ReadOnlySpan<byte> weight, OprfElement element, bool first)
    {
        Span<byte> product = stackalloc byte[Ristretto255.Size];
        Throw.IfFailed(Ristretto255.TryMultiply(first ? sum : product, weight, element.Span) ? 0 : -1, nameof(Combine));
        if (!first) Ristretto255.Add(sum, sum, product);
    }

    private static void Challenge(Span<byte> challenge, OprfElement publicKey, ReadOnlySpan<byte> elements)
    {
        Span<byte> buffer = stackalloc byte[TranscriptSize];
        var transcript = new OprfTranscript(buffer);
        transcript.Add(publicKey.Span);
        for (var at = 0; at < elements.Length; at += Ristretto255.Size)
            transcript.Add(elements.Slice(at, Ristretto255.Size));
        transcript.AddText("Challenge"u8);
        OprfSuite.Verifiable.HashToScalar(challenge, transcript.Written);
    }
}
