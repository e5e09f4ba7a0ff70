using System.Text.Json;
using KeyRecovery.Protocol.Oprf;
using KeyRecovery.Protocol.Primitives;
using KeyRecovery.Protocol.Tests.Vectors;

namespace KeyRecovery.Protocol.Tests.Oprf;

/// <summary>RFC 9497, appendix A.1.1 and A.1.2.</summary>
public class OprfVectors
{
    private const string FileName = "rfc9497-ristretto255-sha512.json";

    [Theory]
    [InlineData(0)]
    [InlineData(1)]
    public void The_rfcs_vectors_are_reproduced(int mode) =>
        Check(VectorFile.Read(FileName).GetProperty("suites").EnumerateArray()
            .Single(suite => suite.GetProperty("mode").GetInt32() == mode));

    private static void Check(JsonElement suite)
    {
        var mode = suite.GetProperty("mode").GetInt32();
        var ours = mode == 0 ? OprfSuite.Base : OprfSuite.Verifiable;
        using var key = Scalar(suite.Hex("skSm"));
        Assert.Equal(suite.Hex("skSm"), DeriveKey(mode, suite.Hex("seed"), suite.Hex("keyInfo")));
        if (mode == 1) Assert.Equal(suite.Hex("pkSm"), key.PublicKey.ToArray());

        var vectors = suite.GetProperty("vectors").EnumerateArray().ToList();
        Assert.Equal(mode == 0 ? 2 : 3, vectors.Count);
        foreach (var vector in vectors)
        {
            var (inputs, blinds, outputs) = (Many(vector, "Input"), Many(vector, "Blind"), Many(vector, "Output"));
            var requests = inputs.Zip(blinds, (input, blind) => OprfRequest.Blind(ours, input, Scalar(blind)))
                .ToArray();
            var blinded = requests.Select(request => request.Blinded).ToArray();
            Assert.Equal(Many(vector, "BlindedElement"), blinded.Select(element => element.ToArray()));
            Assert.Equal(vector.GetProperty("Batch").GetInt32(), blinded.Length);

            var evaluated = blinded.Select(element => element.Multiply(key.Span)).ToArray();
            Assert.Equal(Many(vector, "EvaluationElement"), evaluated.Select(element => element.ToArray()));
            if (mode == 1) CheckProof(key, blinded, evaluated, vector.GetProperty("Proof"));

            for (var i = 0; i < requests.Length; i++)
            {
                using var output = requests[i].Finalize([(1, evaluated[i])]);
                Assert.Equal(outputs[i], output.Span.ToArray());
            }
        }
    }

    private static void CheckProof(OprfScalar key, OprfElement[] blinded, OprfElement[] evaluated, JsonElement vector)
    {
        var proof = OprfDleq.Prove(key.Span, key.PublicKey, blinded, evaluated, vector.Hex("r"));
        Assert.Equal(vector.Hex("proof"), proof.ToArray());
        Assert.True(OprfDleq.Verify(key.PublicKey, blinded, evaluated, proof));
        if (blinded.Length > 1) Assert.False(OprfDleq.Verify(key.PublicKey, blinded, [.. evaluated.Reverse()], proof));
    }

    /// <summary>
    /// DeriveKeyPair (RFC 9497 §3.2.1), which the protocol does not use: our expansion under one name more.
    /// </summary>
    private static byte[] DeriveKey(int mode, byte[] seed, byte[] info)
    {
        var suffix = OprfSuite.Suffix([.. "DeriveKeyPairOPRFV1-"u8, (byte)mode, .. "-ristretto255-SHA512"u8]);
        var (uniform, scalar) = (new byte[64], new byte[32]);
        OprfSuite.Expand(uniform, [.. seed, 0, (byte)info.Length, .. info, 0], suffix);
        Ristretto255.ScalarReduce(scalar, uniform);
        return scalar;
    }

    private static OprfScalar Scalar(byte[] bytes)
    {
        Assert.True(OprfScalar.TryParse(bytes, out var scalar));
        return scalar;
    }

    private static byte[][] Many(JsonElement vector, string property) =>
        [.. vector.GetProperty(property).GetString()!.Split(',').Select(Convert.FromHexString)];
}
