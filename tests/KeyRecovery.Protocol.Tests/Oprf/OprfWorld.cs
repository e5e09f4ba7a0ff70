using KeyRecovery.Protocol.Oprf;

namespace KeyRecovery.Protocol.Tests.Oprf;

/// <summary>What the tests of this folder share: all thresholds, all choices of realms, and honest realms.</summary>
internal static class OprfWorld
{
    /// <summary>Every number of realms with every threshold that the protocol allows.</summary>
    public static TheoryData<int, int> Thresholds()
    {
        var all = new TheoryData<int, int>();
        for (var realms = 1; realms <= OprfKeyShares.MaxRealms; realms++)
            for (var threshold = (realms / 2) + 1; threshold <= realms; threshold++)
                all.Add(realms, threshold);
        return all;
    }

    /// <summary>Every choice of <paramref name="count"/> indices from 1 to <paramref name="realms"/>.</summary>
    public static IEnumerable<int[]> Choices(int realms, int count) =>
        from bits in Enumerable.Range(0, 1 << realms)
        where int.PopCount(bits) == count
        select Enumerable.Range(1, realms).Where(index => (bits >> (index - 1) & 1) == 1).ToArray();

    public static OprfEvaluation[] EvaluateAll(OprfKeyShares key, OprfRequest request, int seed) =>
        [
            .. key.Shares.Select(
                (share, i) => OprfServer.Evaluate(share, key.ShareKeys[i], request.Blinded, new TestRandom(seed + i))),
        ];

    public static string Combine(
        OprfRequest request, IReadOnlyList<OprfEvaluation> evaluations, IEnumerable<int> indices)
    {
        using var output = request.Finalize([.. indices.Select(index => (index, evaluations[index - 1].Evaluated))]);
        return Convert.ToHexString(output.Span);
    }

    public static string Whole(OprfKeyShares key, ReadOnlySpan<byte> input)
    {
        using var output = key.Evaluate(input);
        return Convert.ToHexString(output.Span);
    }

    public static OprfElement Element(string hex)
    {
        Assert.True(OprfElement.TryParse(Convert.FromHexString(hex), out var element));
        return element;
    }

    /// <summary>A small number as a scalar.</summary>
    public static byte[] Scalar(int number)
    {
        var scalar = new byte[OprfScalar.Size];
        Lagrange.Number(scalar, number);
        return scalar;
    }
}
