using System.Text.Json.Nodes;
using KeyRecovery.Protocol.Http;
using KeyRecovery.Protocol.Primitives;
using KeyRecovery.Protocol.Wire;
using KeyRecovery.Testing.Needs;

namespace KeyRecovery.Protocol.Tests.Peers;

/// <summary>npm's http-message-signatures, an implementation of RFC 9421 by others, in the same profile.</summary>
public sealed class HttpSignaturePeer : IDisposable
{
    private const long Created = 1_760_000_000;

    private static readonly byte[] Seed = new TestRandom(1).Bytes(32);
    private static readonly KeyId Device =
        KeyId.OfDevice(new AccountId(new TestRandom(2).Bytes(16)), new AuthorityId(new TestRandom(3).Bytes(16)));

    private readonly SigningKey _key = SigningKey.FromSeed(Seed);

    public void Dispose() => _key.Dispose();

    [NeedsTheory(Need.Node, Need.Npm)]
    [InlineData("POST", "/v1/commits", "")]
    [InlineData("GET", "/v1/vault", "?linksAfter=12&x=%20y")]
    [InlineData("PUT", "/v1/items/a%2Fb~c", "?q=a+b")]
    public void Each_verifies_the_others_signature_and_both_sign_alike(string method, string path, string query)
    {
        var parts = new HttpRequestParts(
            method, "vault.example:8443", path, query.Length == 0 ? "?" : query, HttpSignature.ContentDigest("body"u8));
        var url = $"https://vault.example:8443{path}{query}";
        var (input, signature) = HttpSignature.Sign(_key, Device.ToString(), Created, parts);

        var theirs = Run("sign", method, url, new() { ["content-digest"] = parts.ContentDigest });
        Assert.Equal(input, (string?)theirs["Signature-Input"]);
        Assert.Equal(signature, (string?)theirs["Signature"]);
        Assert.True(
            HttpSignature.TryParse((string?)theirs["Signature-Input"], (string?)theirs["Signature"], out var parsed));
        Assert.True(_key.PublicKey.VerifyHttp(parsed.SignatureBase(parts), parsed.Signature));

        Assert.True((bool?)Run("verify", method, url, Headers(parts.ContentDigest))["valid"]);
        Assert.NotEqual(true, (bool?)Run("verify", method, url + "x", Headers(parts.ContentDigest))["valid"]);
        Assert.NotEqual(
            true, (bool?)Run("verify", method, url, Headers(HttpSignature.ContentDigest("other"u8)))["valid"]);

        JsonObject Headers(string digest) =>
            new() { ["content-digest"] = digest, ["signature-input"] = input, ["signature"] = signature };
    }

    private JsonNode Run(string what, string method, string url, JsonObject headers)
    {
        var x = _key.PublicKey.ToString();
        var request = new JsonObject
        {
            ["do"] = what,
            ["method"] = method,
            ["url"] = url,
            ["headers"] = headers,
            ["keyId"] = Device.ToString(),
            ["created"] = Created,
            ["publicJwk"] = new JsonObject { ["kty"] = "OKP", ["crv"] = "Ed25519", ["x"] = x },
            ["privateJwk"] = new JsonObject {
                ["kty"] = "OKP", ["crv"] = "Ed25519", ["x"] = x, ["d"] = Base64UrlText.Encode(Seed),
            },
        };
        return JsonNode.Parse(NodePeer.Run("http-signature.mjs", request.ToJsonString()))!;
    }
}
