using System.Diagnostics;
using System.Security.Cryptography;
using KeyRecovery.Protocol.Primitives;

namespace KeyRecovery.Protocol.Oprf;

/// <summary>
/// The client's part of one evaluation (RFC 9497 §3.3.2, mode 0x01, ristretto255-SHA512): the input and the blind under
/// which no realm sees it. One request serves all realms of a slot. Zeroed on disposal, prints <c>[redacted]</c>.
/// </summary>
[DebuggerDisplay(Redacted.Text)]
public sealed class OprfRequest : IDisposable
{
    /// <summary>The longest input in bytes (RFC 9497 §1.2): 65,535.</summary>
    public const int MaxInputSize = ushort.MaxValue;

    private readonly SecretBytes _input;
    private readonly OprfScalar _blind;

    private OprfRequest(SecretBytes input, OprfScalar blind, OprfElement blinded)
    {
        _input = input;
        _blind = blind;
        Blinded = blinded;
    }

    /// <summary>What the realms are asked to evaluate; tells nothing about the input. Usable after disposal.</summary>
    public OprfElement Blinded { get; }

    /// <summary>Blinds an input of up to 65,535 bytes. The caller zeroes the original.</summary>
    public static OprfRequest Blind(ReadOnlySpan<byte> input, IRandom random) =>
        Blind(OprfSuite.Verifiable, input, OprfScalar.Random(random));

    /// <summary>With a blind of the caller's choice, which the request takes over: for the RFC's vectors.</summary>
    internal static OprfRequest Blind(OprfSuite suite, ReadOnlySpan<byte> input, OprfScalar blind)
    {
        Throw.IfOutside(input.Length, 0, MaxInputSize, nameof(input));
        Span<byte> element = stackalloc byte[OprfElement.Size];
        suite.HashToGroup(element, input);
        var blinded = OprfElement.OfProduct(blind.Span, element);
        CryptographicOperations.ZeroMemory(element);
        return new OprfRequest(SecretBytes.Copy(input), blind, blinded);
    }

    /// <summary>
    /// Whether the answer is this request's, evaluated with the key behind <paramref name="shareKey"/>.
    /// </summary>
    public bool Verify(OprfElement shareKey, OprfEvaluation evaluation) =>
        OprfDleq.Verify(shareKey, [Blinded], [evaluation.Evaluated], evaluation.Proof);

    /// <summary>
    /// Combines evaluations in the exponent, unblinds and hashes: the output of the whole key, 64 bytes.
    /// </summary>
    /// <param name="evaluations">
    /// Exactly <c>threshold</c> of them, each verified, with their realms' indices from 1. Too few, or an unverified
    /// one, give an output that looks like any other and is wrong.
    /// </param>
    /// <exception cref="ArgumentException">None, too many, an index outside 1 to 8 or twice, or elements that cancel
    /// out.</exception>
    /// <exception cref="ObjectDisposedException">The request is gone.</exception>
    public SecretBytes Finalize(IReadOnlyList<(int Index, OprfElement Evaluated)> evaluations)
    {
        Throw.IfOutside(evaluations.Count, 1, OprfKeyShares.MaxRealms, nameof(evaluations));
        Span<int> indices = stackalloc int[evaluations.Count];
        for (var i = 0; i < indices.Length; i++)
        {
            var index = evaluations[i].Index;
            Throw.IfOutside(index, 1, OprfKeyShares.MaxRealms, nameof(evaluations));
            if (indices[..i].Contains(index)) Throw.Argument(nameof(evaluations), "an index stands twice");
            indices[i] = index;
        }

        Span<byte> unblinded = stackalloc byte[OprfElement.Size];
        Combine(unblinded, evaluations, indices);
        if (Ristretto255.IsZero(unblinded))
            Throw.Argument(nameof(evaluations), "the elements cancel out: they were not verified");
        var output = OprfSuite.Output(_input.Span, unblinded);
        CryptographicOperations.ZeroMemory(unblinded);
        return output;
    }

    // Weighs and unblinds in the same multiplication.
    private void Combine(
        Span<byte> unblinded, IReadOnlyList<(int Index, OprfElement Evaluated)> evaluations, ReadOnlySpan<int> indices)
    {
        Span<byte> unblind = stackalloc byte[OprfScalar.Size];
        Span<byte> weight = stackalloc byte[OprfScalar.Size];
        Span<byte> term = stackalloc byte[OprfElement.Size];
        Ristretto255.ScalarInvert(unblind, _blind.Span);
        unblinded.Clear();
        for (var i = 0; i < indices.Length; i++)
        {
            Lagrange.Coefficient(weight, indices, i, 0);
            Ristretto255.ScalarMultiply(weight, weight, unblind);
            Throw.IfFailed(
                Ristretto255.TryMultiply(term, weight, evaluations[i].Evaluated.Span) ? 0 : -1, nameof(Combine));
            Ristretto255.Add(unblinded, unblinded, term);
        }

        CryptographicOperations.ZeroMemory(unblind);
        CryptographicOperations.ZeroMemory(weight);
        CryptographicOperations.ZeroMemory(term);
    }

    /// <summary>Zeroes input and blind.</summary>
    public void Dispose()
    {
        _input.Dispose();
        _blind.Dispose();
    }

    /// <summary>Always <c>[redacted]</c>.</summary>
    public override string ToString() => Redacted.Text;
}
