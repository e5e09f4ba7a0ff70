using System.Text.Json.Nodes;
using KeyRecovery.Protocol.Audit;
using KeyRecovery.Protocol.Primitives;
using KeyRecovery.Protocol.Wire;
using static KeyRecovery.Protocol.Tests.Golden.GoldenJson;

namespace KeyRecovery.Protocol.Tests.Golden.Formats;

/// <summary>A receipt with the key that signs it, and the account that it is about.</summary>
internal sealed class ErasureReceiptFormat() : GoldenFormat("erasure-receipt", "§15.1")
{
    private const string WrongSignature = "wrong-signature", OtherAccount = "other-account";

    public override IEnumerable<(string, JsonObject)> Valid()
    {
        yield return ("level 1, asked for by a device", Inputs(1, 1, 1, 0, 1, 2, 3, 4));
        yield return ("level 1, by an operator, of an account without data", Inputs(1, 2, 300, 0, 1, 3, 4));
        yield return ("level 2", Inputs(2, 1, 7, 1_800_090_000, 1, 2, 3, 4, 5, 6));
    }

    public override IEnumerable<(string, JsonObject, string)> Invalid()
    {
        var inputs = Inputs(1, 1, 1, 0, 1, 2, 3, 4);
        var right = inputs.With(Write(inputs));
        var (body, receipt) = (right.Bytes("body"), right.Bytes("receipt"));
        JsonObject But(byte[] bytes) => right.With(new JsonObject { ["receipt"] = Hex(bytes) });
        JsonObject Signed(byte[] other) => But(Wrap(other, right.Bytes("logSeed")));
        foreach (var lie in Lies.OfCbor(body, Signed)) yield return lie;
        yield return ("no signature", But(Lies.Cbor(body)), Malformed);
        yield return ("a byte left over after the signature", But([.. receipt, 0]), Malformed);
        yield return ("signature changed", But(Forge.Flip(receipt, receipt.Length - 1)), WrongSignature);
        yield return ("time changed",
            But(Lies.Replace(receipt, [0x1a, 0x6b, 0x49, 0xd2, 0x01], [0x1a, 0x6b, 0x49, 0xd2, 0x02])), WrongSignature);
        yield return ("another server's key",
            right.With(
                new JsonObject { ["auditKey"] = Write(inputs.With(new JsonObject { ["logSeed"] = Hex(new byte[32]) }))
                    .Text("auditKey") }), WrongSignature);
        yield return ("another account", right.With(new JsonObject { ["account"] = Hex(new byte[16]) }), OtherAccount);
        yield return ("level 2 without its proofs", Of(2, 1, 1, 1_800_090_000, 1, 2, 3, 4), Malformed);
        yield return ("level 2 without the KEK's time", Of(2, 1, 1, 0, 1, 2, 3, 4, 5, 6), Malformed);
        yield return ("level 1 with the KEK's time", Of(1, 1, 1, 1_800_090_000, 1, 2, 3, 4), Malformed);
        yield return ("level 1 that claims the KEK", Of(1, 1, 1, 0, 1, 2, 3, 4, 5), Malformed);
        yield return ("level 0", Of(0, 1, 1, 0, 1, 2, 3, 4), Malformed);
        yield return ("level 3", Of(3, 1, 1, 0, 1, 2, 3, 4), Malformed);
        yield return ("asked for by nobody", Of(1, 0, 1, 0, 1, 2, 3, 4), Malformed);
        yield return ("the key still there", Of(1, 1, 1, 0, 2, 3, 4), Malformed);
        yield return ("the rows still there", Of(1, 1, 1, 0, 1, 2, 4), Malformed);
        yield return ("proofs not ascending", Of(1, 1, 1, 0, 1, 3, 2, 4), Malformed);
        yield return ("a proof twice", Of(1, 1, 1, 0, 1, 1, 3, 4), Malformed);
        yield return ("an unknown proof", Of(1, 1, 1, 0, 1, 2, 3, 7), Malformed);
        yield return ("no KEK", Of(1, 1, 0, 0, 1, 2, 3, 4), Malformed);
        yield return ("no app id", Signed(Body(inputs.With(new JsonObject { ["app"] = "No App" }))), Malformed);
    }

    public override JsonObject Write(JsonObject inputs)
    {
        using var key = SigningKey.FromSeed(inputs.Bytes("logSeed"));
        var receipt = new ErasureReceipt
        {
            Id = new ErasureId(inputs.Bytes("id")),
            Level = (int)inputs.Number("level"),
            App = inputs.Text("app"),
            Subject = ErasureReceipt.SubjectOf(
                new ErasureId(inputs.Bytes("id")), new AccountId(inputs.Bytes("account"))),
            RequestedBy = (ErasureRequester)inputs.Number("requestedBy"),
            RequestedAt = inputs.Number("requestedAt"),
            ErasedAt = inputs.Number("erasedAt"),
            Kek = inputs.Number("kek"),
            KekDestroyedAt = inputs.Number("kekDestroyedAt"),
            Proofs = [.. inputs.List("proofs").Select(p => (ErasureProof)p.GetValue<ulong>())],
        };
        return new JsonObject
        {
            ["auditKey"] = Hex(key.PublicKey.ToArray()),
            ["subject"] = Hex(receipt.Subject.ToArray()),
            ["body"] = Hex(Body(inputs)),
            ["receipt"] = Hex(receipt.Sign(key)),
        };
    }

    protected override string Judge(JsonObject told)
    {
        var signed = SignedErasureReceipt.Decode(told.Bytes("receipt"));
        if (!signed.IsSignedBy(new VerifyKey(told.Bytes("auditKey")))) return WrongSignature;
        return signed.Receipt.IsOf(new AccountId(told.Bytes("account"))) ? Accepted : OtherAccount;
    }

    // Written out, so that the file does not follow the code it checks.
    private static byte[] Body(JsonObject inputs)
    {
        var (id, proofs) = (inputs.Bytes("id"), inputs.List("proofs").Select(p => p.GetValue<ulong>()).ToList());
        var subject = Hash256.Of(new CborOut().Array(3).Text("keyrecovery/v1/erasure-subject").Bytes(id)
            .Bytes(inputs.Bytes("account")).ToArray());
        var writer = new CborOut().Array(12).Text("keyrecovery/v1/erasure-receipt").UInt(1).Bytes(id)
            .UInt(inputs.Number("level"))
            .Text(inputs.Text("app")).Bytes(subject).UInt(inputs.Number("requestedBy"))
            .UInt(inputs.Number("requestedAt"))
            .UInt(inputs.Number("erasedAt")).UInt(inputs.Number("kek")).UInt(inputs.Number("kekDestroyedAt"))
            .Array(proofs.Count);
        foreach (var proof in proofs) writer.UInt(proof);
        return writer.ToArray();
    }

    private static byte[] Wrap(byte[] body, byte[] seed)
    {
        using var key = SigningKey.FromSeed(seed);
        return new CborOut().Array(2).Bytes(body).Bytes(key.Sign(SignatureLabel.ErasureReceipt, body)).ToArray();
    }

    private JsonObject Of(ulong level, ulong by, ulong kek, ulong kekAt, params ulong[] proofs)
    {
        var inputs = Inputs(level, by, kek, kekAt, proofs);
        return inputs.With(Write(inputs));
    }

    private static JsonObject Inputs(ulong level, ulong by, ulong kek, ulong kekAt, params ulong[] proofs)
    {
        var random = new TestRandom(3100);
        return new JsonObject
        {
            ["logSeed"] = Hex(random.Bytes(32)), ["account"] = Hex(random.Bytes(16)), ["id"] = Hex(random.Bytes(16)),
            ["level"] = level,
            ["app"] = TestAccount.DefaultApp, ["requestedBy"] = by, ["requestedAt"] = 1_800_000_000UL,
            ["erasedAt"] = 1_800_000_001UL,
            ["kek"] = kek, ["kekDestroyedAt"] = kekAt, ["proofs"] = new JsonArray([.. proofs.Select(p => (JsonNode)p)]),
        };
    }
}
