using System.Text.Json.Nodes;
using KeyRecovery.Protocol.Primitives;
using KeyRecovery.Protocol.Vault;
using KeyRecovery.Protocol.Wire;
using static KeyRecovery.Protocol.Tests.Golden.GoldenJson;

namespace KeyRecovery.Protocol.Tests.Golden.Formats;

/// <summary>A home server's claim that an account came back from a backup.</summary>
internal sealed class RestoredFormat() : GoldenFormat("restored", "§7")
{
    private const string Wrong = "wrong-signature";

    public override IEnumerable<(string, JsonObject)> Valid()
    {
        yield return ("all was lost", Inputs(0, 0));
        yield return ("of an older account", Inputs(7, 300));
        yield return ("largest integers", Inputs(CborOut.MaxInteger, CborOut.MaxInteger, CborOut.MaxInteger));
        yield return ("smallest integers", Inputs(0, 0, 0));
    }

    public override IEnumerable<(string, JsonObject, string)> Invalid()
    {
        var inputs = Inputs(7, 300);
        var right = inputs.With(Write(inputs));
        var (body, whole) = (right.Bytes("body"), right.Bytes("signedRestored"));
        using var home = SigningKey.FromSeed(inputs.Bytes("homeSeed"));
        var told = right.Only("homeKeys", "signedRestored");
        JsonObject Told(byte[] signed) => told.With(new JsonObject { ["signedRestored"] = Hex(signed) });
        byte[] Sign(byte[] other, SignatureLabel label) =>
            new CborOut().Array(2).Bytes(other).Bytes(home.Sign(label, other)).ToArray();
        JsonObject Signed(byte[] other) => Told(Sign(other, SignatureLabel.Restored));
        JsonObject But(string name, byte[] with) =>
            Signed(Lies.Replace(body, Lies.Cbor(inputs.Bytes(name)), Lies.Cbor(with)));

        foreach (var lie in Lies.OfCbor(body, Signed).Where(l => l.Name != "empty"))
            yield return ($"body: {lie.Name}", lie.Told, lie.Verdict);
        yield return ("restore of 15 bytes", But("restore", new byte[15]), Malformed);
        yield return ("account of 17 bytes", But("account", new byte[17]), Malformed);
        yield return ("no account", But("account", []), Malformed);
        yield return ("manifestVersion above 2^53-1", Signed(Lies.Replace(
            body, new CborOut().UInt(300).ToArray(), [0x1b, 0, 0x20, 0, 0, 0, 0, 0, 0])), Malformed);
        yield return ("signature of 63 bytes", Told(new CborOut().Array(2).Bytes(body).Bytes(new byte[63]).ToArray()),
            Malformed);
        yield return ("no signature", Told(new CborOut().Array(1).Bytes(body).ToArray()), Malformed);
        yield return ("outside: a byte left over", Told([.. whole, 0]), Malformed);
        yield return ("outside: longer than 192 bytes", Told([.. whole, .. new byte[60]]), Malformed);
        yield return ("outside: empty", Told([]), Malformed);

        yield return ("signature changed", Told(Forge.Flip(whole, whole.Length - 1)), Wrong);
        yield return ("time changed", Told(Forge.Flip(whole, 2 + body.Length)), Wrong);
        yield return ("signed under a head's label", Told(Sign(body, SignatureLabel.Head)), Wrong);
        yield return ("another server's key", told.With(new JsonObject {
            ["homeKeys"] = HexArray([inputs.Bytes("otherHomeKey")]),
        }), Wrong);
        yield return ("no key of the server is known", told.With(new JsonObject { ["homeKeys"] = new JsonArray() }),
            Wrong);
    }

    public override JsonObject Write(JsonObject inputs)
    {
        using var home = SigningKey.FromSeed(inputs.Bytes("homeSeed"));
        var claim = new RestoredClaim(
            new RestoreId(inputs.Bytes("restore")), new AccountId(inputs.Bytes("account")), inputs.Number("chainSeq"),
            inputs.Number("manifestVersion"), inputs.Number("time"));
        return new JsonObject
        {
            ["body"] = Hex(claim.Encode()),
            // A second key stands for the one before a rotation: any of them will do.
            ["homeKeys"] = HexArray([inputs.Bytes("otherHomeKey"), home.PublicKey.ToArray()]),
            ["signedRestored"] = Hex(SignedClaim.Sign(claim, home).Bytes),
        };
    }

    protected override string Judge(JsonObject told)
    {
        var claim = SignedClaim.Decode(told.Bytes("signedRestored"));
        return claim.IsSignedBy(told.BytesList("homeKeys").Select(key => new VerifyKey(key))) ? Accepted : Wrong;
    }

    private static JsonObject Inputs(ulong sequence, ulong version, ulong time = 1_800_000_000)
    {
        var random = new TestRandom(3210);
        using var other = SigningKey.FromSeed(random.Bytes(32));
        return new JsonObject
        {
            ["homeSeed"] = Hex(random.Bytes(32)), ["restore"] = Hex(random.Bytes(16)),
            ["account"] = Hex(random.Bytes(16)), ["chainSeq"] = sequence, ["manifestVersion"] = version,
            ["time"] = time, ["otherHomeKey"] = Hex(other.PublicKey.ToArray()),
        };
    }
}
