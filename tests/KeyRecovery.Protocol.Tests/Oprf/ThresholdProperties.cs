using CsCheck;
using KeyRecovery.Protocol.Oprf;

namespace KeyRecovery.Protocol.Tests.Oprf;

public class ThresholdProperties
{
    private static readonly byte[] Input = new TestRandom(1).Bytes(32);

    public static TheoryData<int, int> Thresholds => OprfWorld.Thresholds();

    [Theory]
    [MemberData(nameof(Thresholds))]
    public void Any_threshold_of_realms_give_what_the_whole_key_gives_and_fewer_do_not(int realms, int threshold)
    {
        using var key = OprfKeyShares.Split(realms, threshold, new TestRandom((10 * realms) + threshold));
        using var request = OprfRequest.Blind(Input, new TestRandom(2));
        var evaluations = OprfWorld.EvaluateAll(key, request, 3);
        Assert.Equal(realms, key.Shares.Length);
        Assert.All(evaluations.Zip(key.ShareKeys), pair => Assert.True(request.Verify(pair.Second, pair.First)));

        var whole = OprfWorld.Whole(key, Input);
        foreach (var indices in OprfWorld.Choices(realms, threshold))
        {
            Assert.Equal(whole, OprfWorld.Combine(request, evaluations, indices));
            Assert.Equal(whole, OprfWorld.Combine(request, evaluations, indices.Reverse()));
        }

        if (threshold == 1) return;
        foreach (var indices in OprfWorld.Choices(realms, threshold - 1))
            Assert.NotEqual(whole, OprfWorld.Combine(request, evaluations, indices));
    }

    [Fact]
    public void Whatever_the_input_and_the_blind_the_output_is_the_keys_and_the_inputs()
    {
        using var key = OprfKeyShares.Split(3, 2, new TestRandom(1));
        using var other = OprfKeyShares.Split(3, 2, new TestRandom(2));
        Gen.Select(Gen.Byte.Array[0, 300], Gen.Int[0, int.MaxValue - 10]).Sample(
            (input, seed) =>
            {
                using var request = OprfRequest.Blind(input, new TestRandom(seed));
                using var again = OprfRequest.Blind(input, new TestRandom(seed + 1));
                Assert.NotEqual(request.Blinded, again.Blinded);

                var whole = OprfWorld.Whole(key, input);
                Assert.Equal(whole, OprfWorld.Combine(request, OprfWorld.EvaluateAll(key, request, seed), [1, 3]));
                Assert.Equal(whole, OprfWorld.Combine(again, OprfWorld.EvaluateAll(key, again, seed), [3, 2]));
                Assert.NotEqual(whole, OprfWorld.Combine(request, OprfWorld.EvaluateAll(key, again, seed), [1, 3]));
                Assert.NotEqual(whole, OprfWorld.Whole(other, input));
                Assert.NotEqual(whole, OprfWorld.Whole(key, [.. input, 0]));
            },
            iter: 50);
    }

    [Theory]
    [MemberData(nameof(Thresholds))]
    public void A_share_under_anothers_index_gives_another_output(int realms, int threshold)
    {
        if (threshold == 1) return;
        using var key = OprfKeyShares.Split(realms, threshold, new TestRandom(threshold));
        using var request = OprfRequest.Blind(Input, new TestRandom(2));
        var evaluations = OprfWorld.EvaluateAll(key, request, 3);
        var whole = OprfWorld.Whole(key, Input);
        var right = evaluations.Take(threshold)
            .Select((evaluation, i) => (Index: i + 1, evaluation.Evaluated)).ToArray();

        for (var at = 0; at < threshold; at++)
        {
            foreach (var free in Enumerable.Range(1, OprfKeyShares.MaxRealms).Except(right.Select(pair => pair.Index)))
            {
                var moved = right.ToArray();
                moved[at].Index = free;
                Assert.NotEqual(whole, Finalize(request, moved));
            }

            var swapped = right.ToArray();
            var next = (at + 1) % threshold;
            (swapped[at].Index, swapped[next].Index) = (swapped[next].Index, swapped[at].Index);
            Assert.NotEqual(whole, Finalize(request, swapped));
        }

        Assert.Equal(whole, Finalize(request, right));
    }

    [Fact]
    public void Indices_that_no_realm_has_and_elements_that_cancel_out_are_a_callers_mistake()
    {
        using var request = OprfRequest.Blind(Input, new TestRandom(2));
        var one = request.Blinded;
        var two = one.Multiply(OprfWorld.Scalar(2));
        Assert.Throws<ArgumentOutOfRangeException>(() => request.Finalize([]));
        Assert.Throws<ArgumentOutOfRangeException>(() => request.Finalize([(0, one)]));
        Assert.Throws<ArgumentOutOfRangeException>(() => request.Finalize([(-1, one)]));
        Assert.Throws<ArgumentOutOfRangeException>(() => request.Finalize([(9, one)]));
        Assert.Throws<ArgumentException>(() => request.Finalize([(1, one), (2, two), (1, one)]));
        Assert.Throws<ArgumentOutOfRangeException>(
            () => request.Finalize([.. Enumerable.Range(1, 9).Select(index => (index, one))]));
        Assert.Throws<ArgumentException>(() => request.Finalize([(1, one), (2, two)]));
        using var output = request.Finalize([(1, two), (2, one)]);
        Assert.Equal(64, output.Length);
    }

    [Theory]
    [InlineData(0, 0)]
    [InlineData(1, 0)]
    [InlineData(1, 2)]
    [InlineData(2, 1)]
    [InlineData(3, 1)]
    [InlineData(8, 4)]
    [InlineData(8, 9)]
    [InlineData(9, 5)]
    public void Half_of_the_realms_or_fewer_or_more_than_eight_realms_share_no_key(int realms, int threshold) =>
        Assert.Throws<ArgumentOutOfRangeException>(() => OprfKeyShares.Split(realms, threshold, new TestRandom(1)));

    [Fact]
    public void An_input_has_at_most_65535_bytes()
    {
        using var key = OprfKeyShares.Split(1, 1, new TestRandom(1));
        using var request = OprfRequest.Blind(new byte[65_535], new TestRandom(2));
        Assert.Equal(OprfWorld.Whole(key, new byte[65_535]),
            OprfWorld.Combine(request, OprfWorld.EvaluateAll(key, request, 3), [1]));
        Assert.Throws<ArgumentOutOfRangeException>(() => OprfRequest.Blind(new byte[65_536], new TestRandom(2)));
        Assert.Throws<ArgumentOutOfRangeException>(() => key.Evaluate(new byte[65_536]));
    }

    private static string Finalize(OprfRequest request, IReadOnlyList<(int, OprfElement)> evaluations)
    {
        using var output = request.Finalize(evaluations);
        return Convert.ToHexString(output.Span);
    }
}
