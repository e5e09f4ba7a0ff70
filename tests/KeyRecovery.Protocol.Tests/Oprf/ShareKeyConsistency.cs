using KeyRecovery.Protocol.Oprf;

namespace KeyRecovery.Protocol.Tests.Oprf;

/// <summary>
/// A slot whose share keys no threshold of realms could recover, or whose key a stranger could compute.
/// </summary>
public class ShareKeyConsistency
{
    public static TheoryData<int, int> Thresholds => OprfWorld.Thresholds();

    [Theory]
    [MemberData(nameof(Thresholds))]
    public void Each_wrong_key_at_each_place_is_noticed(int realms, int threshold)
    {
        var keys = Keys(realms, threshold, 1);
        Assert.True(ShareKeys.AreConsistent(keys, threshold));
        var foreign = Keys(realms, threshold, 2);

        // As many keys as the threshold lie on some polynomial, whatever they are.
        var noticed = realms > threshold;
        for (var at = 0; at < realms; at++)
        {
            foreach (var wrong in (OprfElement[])[
                foreign[at], keys[at].Multiply(OprfWorld.Scalar(2)), keys[at].Multiply(OprfWorld.Scalar(-1)),
            ])
                Assert.Equal(!noticed, ShareKeys.AreConsistent([.. keys[..at], wrong, .. keys[(at + 1)..]], threshold));

            // Neighbours: others may be a polynomial too when they change places, read backwards for example.
            if (threshold == 1 || at == 0) continue;
            var swapped = keys.ToArray();
            (swapped[at - 1], swapped[at]) = (swapped[at], swapped[at - 1]);
            Assert.Equal(!noticed, ShareKeys.AreConsistent(swapped, threshold));
        }
    }

    [Theory]
    [MemberData(nameof(Thresholds))]
    public void A_polynomial_of_too_high_a_degree_is_noticed(int realms, int threshold)
    {
        var keys = Keys(realms, threshold, 3);
        for (var lower = 1; lower < threshold; lower++) Assert.False(ShareKeys.AreConsistent(keys, lower));
        for (var higher = threshold; higher <= realms; higher++) Assert.True(ShareKeys.AreConsistent(keys, higher));
    }

    [Theory]
    [MemberData(nameof(Thresholds))]
    public void A_whole_key_of_zero_is_noticed(int realms, int threshold)
    {
        if (threshold == 1) return;
        Assert.False(ShareKeys.AreConsistent(Polynomial(realms, 0, threshold), threshold));
        Assert.True(ShareKeys.AreConsistent(Polynomial(realms, 1, threshold), threshold));
    }

    [Fact]
    public void Numbers_that_cannot_be_are_refused()
    {
        var keys = Keys(8, 5, 4);
        Assert.False(ShareKeys.AreConsistent(keys, 0));
        Assert.False(ShareKeys.AreConsistent(keys, -1));
        Assert.False(ShareKeys.AreConsistent(keys, 9));
        Assert.False(ShareKeys.AreConsistent(keys, int.MaxValue));
        Assert.False(ShareKeys.AreConsistent([], 0));
        Assert.False(ShareKeys.AreConsistent([], 1));
        Assert.False(ShareKeys.AreConsistent(Polynomial(9, 1, 5), 5));
        Assert.True(ShareKeys.AreConsistent(Polynomial(8, 1, 5), 5));
    }

    private static OprfElement[] Keys(int realms, int threshold, int seed)
    {
        using var key = OprfKeyShares.Split(realms, threshold, new TestRandom(seed));
        return [.. key.ShareKeys];
    }

    /// <summary>
    /// The keys of constant + x + x² + … of degree <paramref name="threshold"/> − 1, computed with plain integers.
    /// </summary>
    private static OprfElement[] Polynomial(int realms, int constant, int threshold) =>
        [.. Enumerable.Range(1, realms).Select(x => OprfElement.OfScalar(OprfWorld.Scalar(
            constant + Enumerable.Range(1, threshold - 1).Sum(power => (int)Math.Pow(x, power)))))];
}
