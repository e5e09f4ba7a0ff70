using System.Security.Cryptography;
using KeyRecovery.Protocol.Oprf;
using KeyRecovery.Protocol.Primitives;

namespace KeyRecovery.Benchmarks;

/// <summary>One evaluation with its proof against the multiplications that it cannot do without.</summary>
internal static class OprfBenchmark
{
    public static void Run(Report report)
    {
        var random = SystemRandom.Instance;
        using var key = OprfKeyShares.Split(1, 1, random);
        using var request = OprfRequest.Blind(RandomNumberGenerator.GetBytes(32), random);
        var (share, shareKey, blinded) = (key.Shares[0], key.ShareKeys[0], request.Blinded);
        var (scalar, element, product) = (share.Span.ToArray(), blinded.ToArray(), new byte[Ristretto255.Size]);
        var (evaluations, bare) = Throughput.Pair(
            () => OprfServer.Evaluate(share, shareKey, blinded, random),
            () =>
            {
                for (var i = 0; i < 4; i++) Ristretto255.TryMultiply(product, scalar, element);
                Ristretto255.TryMultiplyBase(product, scalar);
            });
        report.Figure("OPRF evaluations with proof", evaluations);
        report.Figure("bare: 4 multiplications of elements, 1 of the generator", bare);
        report.Ratio("OPRF evaluation / its bare multiplications", evaluations / bare, 0.8);
    }
}
