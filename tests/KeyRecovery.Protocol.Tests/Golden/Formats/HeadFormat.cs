using System.Text.Json.Nodes;
using KeyRecovery.Protocol.Primitives;
using KeyRecovery.Protocol.Vault;
using KeyRecovery.Protocol.Wire;
using static KeyRecovery.Protocol.Tests.Golden.GoldenJson;

namespace KeyRecovery.Protocol.Tests.Golden.Formats;

/// <summary>
/// Signed heads, and which two of one account cannot both be true: they prove a lie of the home server, unless it has
/// claimed a restore between them.
/// </summary>
internal sealed class HeadFormat() : GoldenFormat("head", "§7")
{
    private const string Contradicts = "contradicts";

    public override IEnumerable<(string, JsonObject)> Valid()
    {
        yield return ("of a new account", Inputs(0, 1));
        yield return ("of an older one", Inputs(7, 300));
        yield return ("largest integers", Inputs(CborOut.MaxInteger, CborOut.MaxInteger, CborOut.MaxInteger));
        foreach (var (name, other, claims) in HeadClaims.Explained())
            yield return (name, Inputs(7, 300).With(new JsonObject {
                ["later"] = other.DeepClone(), ["restored"] = claims,
            }));
    }

    public override IEnumerable<(string, JsonObject, string)> Invalid()
    {
        var inputs = Inputs(7, 300);
        var right = inputs.With(Write(inputs));
        var body = right.Bytes("body");
        using var home = SigningKey.FromSeed(inputs.Bytes("homeSeed"));
        var told = right.Only("homeKeys", "signedHead", "restored").With(new JsonObject { ["other"] = "" });
        JsonObject Told(byte[] signed) => told.With(new JsonObject { ["signedHead"] = Hex(signed) });
        byte[] Sign(byte[] other, SignatureLabel label) =>
            new CborOut().Array(2).Bytes(other).Bytes(home.Sign(label, other)).ToArray();
        JsonObject Signed(byte[] other) => Told(Sign(other, SignatureLabel.Head));

        foreach (var lie in Lies.OfCbor(body, Signed).Where(l => l.Name != "empty"))
            yield return ($"body: {lie.Name}", lie.Told, lie.Verdict);
        yield return ("chainHash of 31 bytes",
            Signed(Lies.Replace(body, Lies.Cbor(inputs.Bytes("chainHash")), Lies.Cbor(new byte[31]))), Malformed);
        yield return ("manifestHash of 33 bytes",
            Signed(Lies.Replace(body, Lies.Cbor(inputs.Bytes("manifestHash")), Lies.Cbor(new byte[33]))), Malformed);
        yield return ("no trail", Signed(Lies.Replace(body, Lies.Cbor(inputs.Bytes("trail")), [0x40])), Malformed);
        yield return ("signature of 63 bytes", Told(new CborOut().Array(2).Bytes(body).Bytes(new byte[63]).ToArray()),
            Malformed);
        yield return ("outside: a byte left over", Told([.. right.Bytes("signedHead"), 0]), Malformed);
        yield return ("outside: longer than 320 bytes", Told([.. right.Bytes("signedHead"), .. new byte[120]]),
            Malformed);

        const string signature = nameof(ProtocolFault.HeadSignature);
        var whole = right.Bytes("signedHead");
        yield return ("signature changed", Told(Forge.Flip(whole, whole.Length - 1)), signature);
        yield return ("time changed", Told(Forge.Flip(whole, 2 + body.Length)), signature);
        yield return ("signed under a receipt's label", Told(Sign(body, SignatureLabel.ErasureReceipt)), signature);
        yield return ("another server's key", told.With(new JsonObject { ["homeKeys"] = HexArray([Key(9)]) }),
            signature);
        yield return ("no key of the server is known", told.With(new JsonObject { ["homeKeys"] = new JsonArray() }),
            signature);

        foreach (var (name, other) in Contradictions())
            yield return (name, told.With(new JsonObject { ["other"] = Hex(Of(other).Bytes) }), Contradicts);
        foreach (var (name, other, claims) in HeadClaims.Unexplained())
            yield return (name, told.With(new JsonObject {
                ["other"] = Hex(Of(inputs.With(other)).Bytes), ["restored"] = claims,
            }), Contradicts);
    }

    public override JsonObject Write(JsonObject inputs)
    {
        using var home = SigningKey.FromSeed(inputs.Bytes("homeSeed"));
        var signed = Of(inputs);
        return new JsonObject
        {
            ["body"] = Hex(signed.Head.Encode()),
            // A second key stands for the one before a rotation: any of them will do.
            ["homeKeys"] = HexArray([inputs.Bytes("otherHomeKey"), home.PublicKey.ToArray()]),
            ["signedHead"] = Hex(signed.Bytes),
            ["other"] = Hex(Of(inputs.With(inputs["later"]!.AsObject())).Bytes),
        };
    }

    protected override string Judge(JsonObject told)
    {
        List<VerifyKey> keys = [.. told.BytesList("homeKeys").Select(key => new VerifyKey(key))];
        var head = SignedHead.Decode(told.Bytes("signedHead"));
        if (!head.IsSignedBy(keys)) return nameof(ProtocolFault.HeadSignature);
        if (told.Text("other") is "") return Accepted;
        var other = SignedHead.Decode(told.Bytes("other"));
        if (!other.IsSignedBy(keys)) return nameof(ProtocolFault.HeadSignature);
        // A claim that the home has not signed is none.
        List<RestoredClaim> claims = [.. told.BytesList("restored").Select(claim => SignedClaim.Decode(claim))
            .Where(claim => claim.IsSignedBy(keys)).Select(claim => claim.Claim)];
        Assert.Equal(head.Head.Contradicts(other.Head, claims), other.Head.Contradicts(head.Head, claims));
        return head.Head.Contradicts(other.Head, claims) ? Contradicts : Accepted;
    }

    private static IEnumerable<(string, JsonObject)> Contradictions()
    {
        var inputs = Inputs(7, 300);
        JsonObject But(params (string Name, JsonNode Value)[] members) =>
            inputs.With(new JsonObject(members.Select(m => KeyValuePair.Create(m.Name, (JsonNode?)m.Value))));
        var hash = Hex(new byte[32]);
        yield return ("another link at one sequence number", But(("chainHash", hash)));
        yield return ("another link at one sequence number, under a later manifest",
            But(("chainHash", hash), ("manifestVersion", 301UL), ("manifestHash", hash)));
        yield return ("another manifest of one version", But(("manifestHash", hash)));
        yield return ("another manifest of one version, on a later chain",
            But(("manifestHash", hash), ("chainSeq", 8UL), ("chainHash", hash)));
        yield return ("another link under one manifest", But(("chainSeq", 8UL), ("chainHash", hash)));
        yield return ("another trail of one manifest", But(("trail", hash)));
        yield return ("a later manifest on an earlier chain",
            But(("manifestVersion", 301UL), ("manifestHash", hash), ("chainSeq", 6UL), ("chainHash", hash)));
        yield return ("an earlier manifest on a later chain",
            But(("manifestVersion", 299UL), ("manifestHash", hash), ("chainSeq", 8UL), ("chainHash", hash)));
    }

    /// <summary>What the same server may well say an hour later.</summary>
    private static JsonObject Later(ulong sequence, ulong version, ulong time) =>
        version == CborOut.MaxInteger ? [] : new JsonObject
        {
            ["chainSeq"] = sequence + 1, ["chainHash"] = Hex(new TestRandom(2).Bytes(32)),
            ["manifestVersion"] = version + 1, ["manifestHash"] = Hex(new TestRandom(3).Bytes(32)),
            ["trail"] = Hex(new TestRandom(4).Bytes(32)), ["time"] = time + 3600,
        };

    private static SignedHead Of(JsonObject inputs)
    {
        using var home = SigningKey.FromSeed(inputs.Bytes("homeSeed"));
        return SignedHead.Sign(
            new AccountHead(
                new AccountId(inputs.Bytes("account")),
                new ChainPlace(inputs.Number("chainSeq"), new Hash256(inputs.Bytes("chainHash"))),
                new ManifestPlace(inputs.Number("manifestVersion"), new Hash256(inputs.Bytes("manifestHash"))),
                new Hash256(inputs.Bytes("trail")), inputs.Number("time")),
            home);
    }

    private static byte[] Key(int seed)
    {
        using var key = SigningKey.FromSeed(new TestRandom(seed).Bytes(32));
        return key.PublicKey.ToArray();
    }

    /// <summary>The head that the examples begin with: time 1,800,000,000 unless told otherwise.</summary>
    public static JsonObject Inputs(ulong sequence, ulong version, ulong time = 1_800_000_000)
    {
        var random = new TestRandom(3200);
        return new JsonObject
        {
            ["homeSeed"] = Hex(random.Bytes(32)), ["account"] = Hex(random.Bytes(16)),
            ["chainSeq"] = sequence, ["chainHash"] = Hex(random.Bytes(32)),
            ["manifestVersion"] = version, ["manifestHash"] = Hex(random.Bytes(32)),
            ["trail"] = Hex(version == 1 ? new byte[32] : random.Bytes(32)), ["time"] = time,
            ["otherHomeKey"] = Hex(Key(9)), ["later"] = Later(sequence, version, time),
            ["restored"] = new JsonArray(),
        };
    }
}
