using System.Text.Json.Nodes;
using KeyRecovery.Protocol.Identities;
using KeyRecovery.Protocol.Primitives;
using KeyRecovery.Protocol.Wire;
using static KeyRecovery.Protocol.Tests.Golden.GoldenJson;

namespace KeyRecovery.Protocol.Tests.Golden.Formats;

/// <summary>The seeds of an account's own keys, and the statement of their public halves.</summary>
internal sealed class IdentityFormat() : GoldenFormat("identity", "§19.1")
{
    public override IEnumerable<(string, JsonObject)> Valid()
    {
        yield return ("of an account", Person(5200));
        yield return ("at the last moment", Person(5201, CborOut.MaxInteger));
    }

    public override IEnumerable<(string, JsonObject, string)> Invalid()
    {
        var inputs = Person(5200);
        var right = inputs.With(Write(inputs));
        var (body, seeds) = (right.Bytes("body"), right.Bytes("seeds"));
        using var keys = KeysOf(inputs);
        var told = right.Only("account", "seeds", "signedIdentity");
        JsonObject Told(byte[] signed) => told.With(new JsonObject { ["signedIdentity"] = Hex(signed) });
        JsonObject Signed(byte[] other) => Told(Sign(other, SignatureLabel.Identity));
        byte[] Sign(byte[] other, SignatureLabel label) => SignedBody.Sign(label, other, keys.Signing);

        foreach (var lie in Lies.OfCbor(seeds, lie => told.With(new JsonObject { ["seeds"] = Hex(lie) })))
            yield return ($"seeds: {lie.Name}", lie.Told, lie.Verdict);
        foreach (var lie in Lies.OfCbor(body, Signed).Where(l => l.Name != "empty"))
            yield return ($"body: {lie.Name}", lie.Told, lie.Verdict);
        var (signingKey, kemKey) = (keys.PublicKey.ToArray(), keys.KemKey.Span.ToArray());
        yield return ("identity key of small order", Signed(Lies.Replace(body, signingKey, new byte[32])), Malformed);
        yield return ("kemKey that nobody can seal to",
            Signed(Lies.Replace(body, kemKey, [0xff, 0xff, 0xff, .. kemKey[3..]])), Malformed);
        yield return ("kemKey of 1,215 bytes",
            Signed(Lies.Replace(body, Lies.Cbor(kemKey), Lies.Cbor(kemKey.AsSpan(1)))), Malformed);
        yield return ("outside: longer than 1,536 bytes",
            Told([.. right.Bytes("signedIdentity"), .. new byte[200]]), Malformed);
        yield return ("signature changed", Told(Last(right.Bytes("signedIdentity"))), Signature);
        yield return ("time changed", Told(Forge.Flip(right.Bytes("signedIdentity"), 2 + body.Length)), Signature);
        yield return ("signed under a content key's label", Told(Sign(body, SignatureLabel.ContentKey)), Signature);
        yield return ("another's identity key", Signed(Lies.Replace(body, signingKey, Other().SigningKey.ToArray())),
            Signature);
    }

    internal const string Signature = "signature";

    public override JsonObject Write(JsonObject inputs)
    {
        using var keys = KeysOf(inputs);
        using var seeds = keys.Encode();
        var statement = StatementOf(inputs);
        var reader = new CborIn(statement.Bytes);
        reader.Array(2);
        return new JsonObject
        {
            ["seeds"] = Hex(seeds.Span), ["body"] = Hex(reader.Bytes(1, IdentityStatement.MaxSize)),
            ["signedIdentity"] = Hex(statement.Bytes),
        };
    }

    protected override string Judge(JsonObject told)
    {
        using var keys = IdentityKeys.Decode(new AccountId(told.Bytes("account")), told.Bytes("seeds"));
        if (!IdentityStatement.TryRead(told.Bytes("signedIdentity"), out var statement, out var fault))
            return Word(fault);
        return statement.SigningKey == keys.PublicKey && statement.KemKey == keys.KemKey
            && statement.Account == keys.Account ? Accepted : "differs";
    }

    /// <summary>The bytes with the last one changed.</summary>
    internal static byte[] Last(byte[] bytes) => Forge.Flip(bytes, bytes.Length - 1);

    /// <summary>The page's words.</summary>
    internal static string Word(IdentityFault fault) => fault switch
    {
        IdentityFault.None => Accepted,
        IdentityFault.Malformed => Malformed,
        IdentityFault.UpgradeRequired => UpgradeRequired,
        IdentityFault.Signature => Signature,
        IdentityFault.OtherRecipient => "other-recipient",
        IdentityFault.Seal => "seal",
        IdentityFault.Older => "older",
        _ => throw new ArgumentOutOfRangeException(nameof(fault)),
    };

    /// <summary>Somebody: an account with seeds, at 1,800,000,000 unless told otherwise.</summary>
    internal static JsonObject Person(int seed, ulong time = 1_800_000_000)
    {
        var random = new TestRandom(seed);
        return new JsonObject
        {
            ["account"] = Hex(random.Bytes(16)), ["signingSeed"] = Hex(random.Bytes(32)),
            ["kemSeed"] = Hex(random.Bytes(32)), ["time"] = time,
        };
    }

    internal static IdentityKeys KeysOf(JsonNode person) => IdentityKeys.Create(
        new AccountId(person.Bytes("account")),
        new FixedRandom([.. person.Bytes("signingSeed"), .. person.Bytes("kemSeed")]));

    internal static IdentityStatement StatementOf(JsonNode person)
    {
        using var keys = KeysOf(person);
        return IdentityStatement.Sign(keys, person.Number("time"));
    }

    private static IdentityStatement Other() => StatementOf(Person(5299));
}
