using System.Text;
using System.Text.Json.Nodes;
using KeyRecovery.Protocol.Primitives;
using KeyRecovery.Protocol.Vault;
using KeyRecovery.Protocol.Wire;
using static KeyRecovery.Protocol.Tests.Golden.GoldenJson;

namespace KeyRecovery.Protocol.Tests.Golden.Formats;

internal sealed class AccountIdFormat() : GoldenFormat("account-id", "§2")
{
    public override IEnumerable<(string, JsonObject)> Valid()
    {
        var world = new GoldenWorld();
        foreach (var (name, app) in new[] {
            ("an app", "messenger.example"), ("shortest app id", "a"), ("longest app id", new string('z', 64)),
        })
            yield return (name, Inputs(world, app));
    }

    public override IEnumerable<(string, JsonObject, string)> Invalid()
    {
        var world = new GoldenWorld();
        foreach (var (name, app) in new[] { ("no app id", ""), ("app id of 65 characters", new string('z', 65)),
            ("capital", "Messenger"), ("underscore", "a_b"), ("not ASCII", "café") })
            yield return (name, Inputs(world, app)
                .With(new JsonObject { ["accountId"] = Hex(new byte[16]) }), Malformed);

        var inputs = Inputs(world, "messenger.example");
        inputs = inputs.With(Write(inputs));
        yield return ("another app's", inputs.With(new JsonObject { ["appId"] = "drive.example" }),
            nameof(ProtocolFault.OtherBeginning));
        yield return ("another nonce", inputs.With(new JsonObject { ["nonce"] = Hex(new byte[32]) }),
            nameof(ProtocolFault.OtherBeginning));
        yield return ("another KEM key", inputs.With(new JsonObject { ["kemKeyHash"] = Hex(new byte[32]) }),
            nameof(ProtocolFault.OtherBeginning));
        foreach (var (name, key) in BadKeys())
            yield return (name, inputs.With(new JsonObject { ["signingKey"] = key }), Malformed);
    }

    /// <summary>Encodings that are no Ed25519 key (§1).</summary>
    public static IEnumerable<(string Name, string Key)> BadKeys() =>
    [
        ("signing key is the neutral point", "0100000000000000000000000000000000000000000000000000000000000000"),
        ("signing key is of order 8", "26e8958fc2b227b045c3f489f2ef98f0d5dfac05d3c63339b13802886d53fc05"),
        ("signing key is not canonical", "eeffffffffffffffffffffffffffffffffffffffffffffffffffffffffffff7f"),
        ("signing key is not on the curve", "0200000000000000000000000000000000000000000000000000000000000000"),
        ("signing key has a component of small order",
            "cdb267ce40c5cd45306fa5d2f29731459387dbf9eb933b7bd5aed9a765b88d4d"),
    ];

    public override JsonObject Write(JsonObject inputs)
    {
        var app = Encoding.ASCII.GetBytes(inputs.Text("appId"));
        byte[] hashed =
        [
            .. Encoding.ASCII.GetBytes("keyrecovery/v1/account"), 0, (byte)app.Length, .. app,
            .. inputs.Bytes("signingKey"), .. inputs.Bytes("kemKeyHash"), .. inputs.Bytes("nonce"),
        ];
        return new JsonObject { ["hashed"] = Hex(hashed), ["accountId"] = Hex(Derive(inputs).ToArray()) };
    }

    protected override string Judge(JsonObject told)
    {
        if (!AccountIds.IsAppId(told.Text("appId"))) return Malformed;
        return Derive(told) == new AccountId(told.Bytes("accountId")) ? Accepted : nameof(ProtocolFault.OtherBeginning);
    }

    private static AccountId Derive(JsonObject told) => AccountIds.Derive(
        told.Text("appId"), new VerifyKey(told.Bytes("signingKey")), new Hash256(told.Bytes("kemKeyHash")),
        new Hash256(told.Bytes("nonce")));

    private static JsonObject Inputs(GoldenWorld world, string app) => new()
    {
        ["appId"] = app,
        ["signingKey"] = Hex(world.Phone.Signing.PublicKey.ToArray()),
        ["kemKeyHash"] = Hex(world.Phone.Kem.PublicKey.Hash.ToArray()),
        ["nonce"] = Hex(new TestRandom(3).Bytes(32)),
    };
}
