using KeyRecovery.Protocol.Oprf;

namespace KeyRecovery.Protocol.Tests.Oprf;

/// <summary>Bytes that are no element, scalar or proof; and others that are.</summary>
public class OprfEncodings
{
    // L = 2^252 + 27742317777372353535851937790883648493, little-endian.
    private const string Order = "edd3f55c1a631258d69cf7a2def9de1400000000000000000000000000000010";

    /// <summary>RFC 9496, appendix A.2: the generator's first multiples. A.3: all bad encodings.</summary>
    private static readonly string[] Good =
    [
        "e2f2ae0a6abc4e71a884a961c500515f58e30b6aa582dd8db6a65945e08d2d76",
        "6a493210f7499cd17fecb510ae0cea23a110e8d5b901f8acadd3095c73a3b919",
        "94741f5d5d52755ece4f23f044ee27d5d1ea1e2bd196b462166b16152a9d0259",
    ];

    private static readonly string[] Bad =
    [
        // Field elements that are not canonical.
        "00ffffffffffffffffffffffffffffffffffffffffffffffffffffffffffffff",
        "ffffffffffffffffffffffffffffffffffffffffffffffffffffffffffffff7f",
        "f3ffffffffffffffffffffffffffffffffffffffffffffffffffffffffffff7f",
        "edffffffffffffffffffffffffffffffffffffffffffffffffffffffffffff7f",

        // Negative field elements.
        "0100000000000000000000000000000000000000000000000000000000000000",
        "01ffffffffffffffffffffffffffffffffffffffffffffffffffffffffffff7f",
        "ed57ffd8c914fb201471d1c3d245ce3c746fcbe63a3679d51b6a516ebebe0e20",
        "c34c4e1826e5d403b78e246e88aa051c36ccf0aafebffe137d148a2bf9104562",
        "c940e5a4404157cfb1628b108db051a8d439e1a421394ec4ebccb9ec92a8ac78",
        "47cfc5497c53dc8e61c91d17fd626ffb1c49e2bca94eed052281b510b1117a24",
        "f1c6165d33367351b0da8f6e4511010c68174a03b6581212c71c0e1d026c3c72",
        "87260f7a2f12495118360f02c26a470f450dadf34a413d21042b43b9d93e1309",

        // x² is no square.
        "26948d35ca62e643e26a83177332e6b6afeb9d08e4268b650f1f5bbd8d81d371",
        "4eac077a713c57b4f4397629a4145982c661f48044dd3f96427d40b147d9742f",
        "de6a7b00deadc788eb6b6c8d20c0ae96c2f2019078fa604fee5b87d6e989ad7b",
        "bcab477be20861e01e4a0e295284146a510150d9817763caf1a6f4b422d67042",
        "2a292df7e32cababbd9de088d1d1abec9fc0440f637ed2fba145094dc14bea08",
        "f4a9e534fc0d216c44b218fa0c42d99635a0127ee2e53c712f70609649fdff22",
        "8268436f8c4126196cf64b3c7ddbda90746a378625f9813dd9b8457077256731",
        "2810e5cbc2cc4d4eece54f61c6f69758e289aa7ab440b3cbeaa21995c2f4232b",

        // xy is negative.
        "3eb858e78f5a7254d8c9731174a94f76755fd3941c0ac93735c07ba14579630e",
        "a45fdc55c76448c049a1ab33f17023edfb2be3581e9c7aade8a6125215e04220",
        "d483fe813c6ba647ebbfd3ec41adca1c6130c2beeee9d9bf065c8d151c5f396e",
        "8a2e1d30050198c65a54483123960ccc38aef6848e1ec8f5f780e8523769ba32",
        "32888462f8b486c68ad7dd9610be5192bbeaf3b443951ac1a8118419d9fa097b",
        "227142501b9d4355ccba290404bde41575b037693cef1f438c47f8fbf35d1165",
        "5c37cc491da847cfeb9281d407efc41e15144c876e0170b499a96a22ed31e01e",
        "445425117cb8c90edcbc7c1cc0e74f747f2c1efa5630a967c64f287792a48a4b",

        // s = −1, which makes y = 0.
        "ecffffffffffffffffffffffffffffffffffffffffffffffffffffffffffff7f",
    ];

    [Fact]
    public void Elements_are_canonical_and_not_the_identity()
    {
        Assert.Equal(29, Bad.Length);
        foreach (var hex in Bad) RefusesElement(Convert.FromHexString(hex));
        RefusesElement(new byte[32]);

        var good = Convert.FromHexString(Good[0]);
        RefusesElement([]);
        RefusesElement(good[..31]);
        RefusesElement([.. good, 0]);
        RefusesElement([.. good[..31], (byte)(good[31] | 0x80)]);
        for (var i = 0; i < Good.Length; i++)
        {
            var element = OprfWorld.Element(Good[i]);
            Assert.Equal(element, OprfElement.OfScalar(OprfWorld.Scalar(i + 1)));
            Assert.Equal(Good[i], Convert.ToHexStringLower(element.ToArray()));
        }
    }

    [Fact]
    public void Elements_are_compared_by_value_and_keep_their_bytes()
    {
        var (one, same, other) = (OprfWorld.Element(Good[0]), OprfWorld.Element(Good[0]), OprfWorld.Element(Good[1]));
        Assert.True(one == same && one.Equals((object)same) && one.GetHashCode() == same.GetHashCode());
        Assert.True(one != other && !one.Equals(null) && !one.Equals("x"));
        one.ToArray()[0] ^= 1;
        Assert.Equal(one, same);
        Assert.Equal("4vKuCmq8TnGohKlhxQBRX1jjC2qlgt2NtqZZReCNLXY", one.ToString());
    }

    [Fact]
    public void Scalars_are_canonical_and_not_zero()
    {
        var order = Convert.FromHexString(Order);
        RefusesScalar(order);
        RefusesScalar(new byte[32]);
        RefusesScalar([.. Enumerable.Repeat((byte)0xff, 32)]);
        RefusesScalar([(byte)(order[0] + 1), .. order[1..]]);
        RefusesScalar([.. order[..31], 0x20]);
        RefusesScalar([1, .. new byte[30], 0x80]);
        RefusesScalar([]);
        RefusesScalar([1, .. new byte[30]]);
        RefusesScalar([1, .. new byte[32]]);

        foreach (var bytes in (byte[][])[
            [(byte)(order[0] - 1), .. order[1..]], [1, .. new byte[31]], [.. new byte[31], 0x0f],
        ])
        {
            Assert.True(OprfScalar.TryParse(bytes, out var scalar));
            using (scalar)
                Assert.Equal(bytes, scalar.Span.ToArray());
        }
    }

    [Fact]
    public void Proofs_are_two_canonical_scalars()
    {
        var (order, one) = (Convert.FromHexString(Order), OprfWorld.Scalar(1));
        RefusesProof([.. order, .. one]);
        RefusesProof([.. one, .. order]);
        RefusesProof([.. one, .. one[..31]]);
        RefusesProof([.. one, .. one, 0]);
        RefusesProof([]);
        Assert.True(OprfProof.TryParse([.. one, .. one], out var proof));
        Assert.Equal([.. one, .. one], proof.ToArray());
    }

    private static void RefusesElement(byte[] bytes)
    {
        Assert.False(OprfElement.TryParse(bytes, out var element), Convert.ToHexString(bytes));
        Assert.Null(element);
    }

    private static void RefusesScalar(byte[] bytes)
    {
        Assert.False(OprfScalar.TryParse(bytes, out var scalar), Convert.ToHexString(bytes));
        Assert.Null(scalar);
    }

    private static void RefusesProof(byte[] bytes)
    {
        Assert.False(OprfProof.TryParse(bytes, out var proof), Convert.ToHexString(bytes));
        Assert.Null(proof);
    }
}
