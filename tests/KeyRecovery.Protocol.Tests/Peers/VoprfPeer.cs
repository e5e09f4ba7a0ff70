using System.Text.Json.Nodes;
using KeyRecovery.Protocol.Oprf;
using KeyRecovery.Testing.Needs;

namespace KeyRecovery.Protocol.Tests.Peers;

/// <summary>npm's @cloudflare/voprf-ts, an implementation of RFC 9497 by others.</summary>
public class VoprfPeer
{
    private static readonly byte[] Input = new TestRandom(7).Bytes(32);

    [NeedsFact(Need.Node, Need.Npm)]
    public void Our_client_accepts_their_servers_and_combines_what_they_evaluate()
    {
        using var key = OprfKeyShares.Split(3, 2, new TestRandom(1));
        using var request = OprfRequest.Blind(Input, new TestRandom(2));
        var answers = key.Shares.Select(share => Serve(share, request.Blinded)).ToList();
        for (var i = 0; i < answers.Count; i++)
        {
            Assert.Equal(Hex(key.ShareKeys[i]), answers[i].PublicKey);
            Assert.True(request.Verify(key.ShareKeys[i], answers[i].Evaluation));
            Assert.False(request.Verify(key.ShareKeys[(i + 1) % 3], answers[i].Evaluation));
        }

        using var combined =
            request.Finalize([(3, answers[2].Evaluation.Evaluated), (1, answers[0].Evaluation.Evaluated)]);
        Assert.Equal(Whole(key, Input), Convert.ToHexStringLower(combined.Span));
    }

    [NeedsFact(Need.Node, Need.Npm)]
    public void Their_client_accepts_our_server_and_both_compute_the_same_output()
    {
        using var key = OprfKeyShares.Split(1, 1, new TestRandom(3));
        var (share, shareKey) = (key.Shares[0], key.ShareKeys[0]);
        var blind = Run(new() { ["do"] = "blind", ["inputs"] = new JsonArray(Convert.ToHexString(Input)) });
        var ours = OprfServer.Evaluate(share, shareKey, Element(blind["blinded"]![0]!), new TestRandom(4));

        var output = Finalize(shareKey, blind, [ours.Evaluated], ours.Proof)["outputs"]![0]!.GetValue<string>();
        Assert.Equal(Whole(key, Input), output);
        var whole =
            Run(new() { ["do"] = "evaluate", ["key"] = Convert.ToHexString(share.Span),
                ["input"] = Convert.ToHexString(Input) });
        Assert.Equal(output, whole["output"]!.GetValue<string>());

        var other = OprfServer.Evaluate(share, shareKey, ours.Evaluated, new TestRandom(5));
        Assert.Equal(
            "proof failed", Finalize(shareKey, blind, [ours.Evaluated], other.Proof)["refused"]!.GetValue<string>());
        Assert.Equal("proof failed",
            Finalize(other.Evaluated, blind, [ours.Evaluated], ours.Proof)["refused"]!.GetValue<string>());
    }

    [NeedsFact(Need.Node, Need.Npm)]
    public void Batches_are_proved_alike()
    {
        using var key = OprfKeyShares.Split(1, 1, new TestRandom(6));
        var (share, shareKey) = (key.Shares[0], key.ShareKeys[0]);
        // they stop one byte before the RFC
        string[] inputs = ["", "00", Convert.ToHexString(new TestRandom(8).Bytes(65_534))];
        var blind = Run(new() { ["do"] = "blind", ["inputs"] = Array(inputs) });
        var blinded = blind["blinded"]!.AsArray().Select(element => Element(element!)).ToArray();
        var evaluated = blinded.Select(element => element.Multiply(share.Span)).ToArray();
        using var nonce = OprfScalar.Random(new TestRandom(9));
        var proof = OprfDleq.Prove(share.Span, shareKey, blinded, evaluated, nonce.Span);

        var outputs = Finalize(shareKey, blind, evaluated, proof)["outputs"]!.AsArray()
            .Select(output => output!.GetValue<string>());
        Assert.Equal(inputs.Select(input => Whole(key, Convert.FromHexString(input))), outputs);

        var theirs = Serve(share, blinded);
        Assert.Equal(evaluated, theirs.Evaluated);
        Assert.True(OprfDleq.Verify(shareKey, blinded, evaluated, theirs.Proof));
        Assert.False(OprfDleq.Verify(shareKey, blinded[..2], evaluated[..2], theirs.Proof));
    }

    private static (string PublicKey, OprfEvaluation Evaluation) Serve(OprfScalar share, OprfElement blinded)
    {
        var (publicKey, evaluated, proof) = Serve(share, [blinded]);
        return (publicKey, new OprfEvaluation(Assert.Single(evaluated), proof));
    }

    private static (string PublicKey, OprfElement[] Evaluated, OprfProof Proof) Serve(
        OprfScalar share, OprfElement[] blinded)
    {
        var answer =
            Run(new() { ["do"] = "serve", ["key"] = Convert.ToHexString(share.Span),
                ["blinded"] = Array(blinded.Select(Hex)) });
        Assert.True(OprfProof.TryParse(Convert.FromHexString(answer["proof"]!.GetValue<string>()), out var proof));
        return (answer["publicKey"]!.GetValue<string>(),
            [.. answer["evaluated"]!.AsArray().Select(element => Element(element!))], proof);
    }

    private static JsonNode Finalize(OprfElement publicKey, JsonNode blind, OprfElement[] evaluated, OprfProof proof) =>
        Run(new()
        {
            ["do"] = "finalize",
            ["publicKey"] = Hex(publicKey),
            ["state"] = blind["state"]!.GetValue<string>(),
            ["evaluated"] = Array(evaluated.Select(Hex)),
            ["proof"] = Convert.ToHexString(proof.ToArray()),
        });

    private static string Whole(OprfKeyShares key, ReadOnlySpan<byte> input)
    {
        using var output = key.Evaluate(input);
        return Convert.ToHexStringLower(output.Span);
    }

    private static JsonNode Run(JsonObject request) =>
        JsonNode.Parse(NodePeer.Run("voprf.mjs", request.ToJsonString()))!;

    private static JsonArray Array(IEnumerable<string> texts) => [.. texts.Select(text => JsonValue.Create(text))];

    private static string Hex(OprfElement element) => Convert.ToHexStringLower(element.ToArray());

    private static OprfElement Element(JsonNode hex)
    {
        Assert.True(OprfElement.TryParse(Convert.FromHexString(hex.GetValue<string>()), out var element));
        return element;
    }
}
