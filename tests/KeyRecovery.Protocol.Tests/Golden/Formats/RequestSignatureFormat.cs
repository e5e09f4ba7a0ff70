using System.Text;
using System.Text.Json.Nodes;
using KeyRecovery.Protocol.Http;
using KeyRecovery.Protocol.Primitives;
using KeyRecovery.Protocol.Wire;
using static KeyRecovery.Protocol.Tests.Golden.GoldenJson;

namespace KeyRecovery.Protocol.Tests.Golden.Formats;

internal sealed class RequestSignatureFormat() : GoldenFormat("request-signature", "§9.1")
{
    private const string Invalidated = "signature-invalid";

    public override IEnumerable<(string, JsonObject)> Valid()
    {
        yield return ("a device reads", Inputs("GET", "/v1/vault", "?linksAfter=3", ""));
        yield return ("a device commits", Inputs("POST", "/v1/commits", "?", "83010203"));
        yield return ("a slot recovers", Inputs("POST", "/v1/recovery", "?", "", slot: true));
    }

    public override IEnumerable<(string, JsonObject, string)> Invalid()
    {
        var inputs = Inputs("POST", "/v1/commits", "?", "83010203");
        var right = inputs.With(Write(inputs));
        JsonObject But(string name, string value) => right.With(new JsonObject { [name] = value });
        JsonObject Input(string old, string replacement)
        {
            var changed = right.Text("signatureInput").Replace(old, replacement, StringComparison.Ordinal);
            Assert.NotEqual(right.Text("signatureInput"), changed);
            return But("signatureInput", changed);
        }

        yield return ("another method", But("method", "PUT"), Invalidated);
        yield return ("another authority", But("authority", "evil.example"), Invalidated);
        yield return ("another path", But("path", "/v1/repair"), Invalidated);
        yield return ("another query", But("query", "?a"), Invalidated);
        yield return ("another body", But("contentDigest", HttpSignature.ContentDigest([])), Invalidated);
        yield return ("another time", Input("1760000000", "1760000001"), Invalidated);
        yield return ("a slot's keyid in place of a device's", Input(right.Text("keyid"), right.Text("keyid")[23..]),
            Invalidated);
        yield return ("another key", But("signingKey", Hex(PublicKey(new TestRandom(1).Bytes(32)))), Invalidated);
        yield return ("the query is missing", But("query", ""), Malformed);
        yield return ("a line break in the path", But("path", "/v1/commits\n\"@query\": ?x"), Malformed);
        yield return ("another label", Input("sig1", "sig2"), Malformed);
        yield return ("a component is missing", Input(" \"content-digest\"", ""), Malformed);
        yield return ("components in another order",
            Input("\"@method\" \"@authority\"", "\"@authority\" \"@method\""), Malformed);
        yield return ("a component twice", Input("\"@query\"", "\"@query\" \"@query\""), Malformed);
        yield return ("no tag", Input(";tag=\"keyrecovery/v1\"", ""), Malformed);
        yield return ("another algorithm", Input("ed25519", "hmac-sha256"), Malformed);
        yield return ("created with a leading zero", Input("=1760000000", "=01760000000"), Malformed);
        yield return ("created is negative", Input("=1760000000", "=-1"), Malformed);
        yield return ("keyid is padded", Input("\";alg", "=\";alg"), Malformed);
        yield return ("two signatures",
            But("signatureInput", $"{right.Text("signatureInput")}, {right.Text("signatureInput")}"), Malformed);
        yield return ("signature of 63 bytes",
            But("signature", $"sig1=:{Convert.ToBase64String(new byte[63])}:"), Malformed);
        yield return ("signature in base64url",
            But("signature", $"sig1=:{Base64UrlText.Encode(new byte[64])}:"), Malformed);
        yield return ("signature without colons", But("signature", "sig1=AAAA"), Malformed);
    }

    public override JsonObject Write(JsonObject inputs)
    {
        using var key = SigningKey.FromSeed(inputs.Bytes("seed"));
        var digest = HttpSignature.ContentDigest(inputs.Bytes("body"));
        var parts = Parts(inputs, digest);
        var (signatureInput, signature) =
            HttpSignature.Sign(key, inputs.Text("keyid"), (long)inputs.Number("created"), parts);
        Assert.True(HttpSignature.TryParse(signatureInput, signature, out var parsed));
        return new JsonObject
        {
            ["signingKey"] = Hex(key.PublicKey.ToArray()),
            ["contentDigest"] = digest,
            ["signatureInput"] = signatureInput,
            ["signatureBase"] = Encoding.ASCII.GetString(parsed.SignatureBase(parts)),
            ["signature"] = signature,
        };
    }

    protected override string Judge(JsonObject told)
    {
        if (!HttpSignature.TryParse(told.Text("signatureInput"), told.Text("signature"), out var parsed))
            return Malformed;
        var key = new VerifyKey(told.Bytes("signingKey"));
        return key.VerifyHttp(parsed.SignatureBase(Parts(told, told.Text("contentDigest"))), parsed.Signature)
            ? Accepted : Invalidated;
    }

    private static HttpRequestParts Parts(JsonObject told, string digest) =>
        new(told.Text("method"), told.Text("authority"), told.Text("path"), told.Text("query"), digest);

    private static byte[] PublicKey(byte[] seed)
    {
        using var key = SigningKey.FromSeed(seed);
        return key.PublicKey.ToArray();
    }

    private static JsonObject Inputs(string method, string path, string query, string body, bool slot = false)
    {
        var random = new TestRandom(2800);
        var (account, authority) = (new AccountId(random.Bytes(16)), new AuthorityId(random.Bytes(16)));
        return new JsonObject
        {
            ["seed"] = Hex(random.Bytes(32)),
            ["keyid"] = (slot ? KeyId.OfSlot(authority) : KeyId.OfDevice(account, authority)).ToString(),
            ["created"] = 1_760_000_000UL,
            ["method"] = method,
            ["authority"] = "recovery.example",
            ["path"] = path,
            ["query"] = query,
            ["body"] = body,
        };
    }
}
