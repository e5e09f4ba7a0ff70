using System.Text.Json.Nodes;
using KeyRecovery.Protocol.Identities;
using KeyRecovery.Protocol.Primitives;
using KeyRecovery.Protocol.Wire;
using static KeyRecovery.Protocol.Tests.Golden.GoldenJson;

namespace KeyRecovery.Protocol.Tests.Golden.Formats;

/// <summary>What one account seals to another, and what nobody takes for that.</summary>
internal sealed class SealedMessageFormat() : GoldenFormat("sealed-message", "§19.3")
{
    private const string Purpose = "chat.example/v1/message";

    public override IEnumerable<(string, JsonObject)> Valid()
    {
        yield return ("a message", Inputs(40));
        yield return ("an empty one", Inputs(0));
        yield return ("of 1,000 bytes", Inputs(1000));
        yield return ("the longest purpose", Inputs(40, new string('é', 32)));
        yield return ("to oneself", Inputs(40).With(new JsonObject { ["reader"] = IdentityFormat.Person(5220) }));
    }

    public override IEnumerable<(string, JsonObject, string)> Invalid()
    {
        var inputs = Inputs(40);
        var right = inputs.With(Write(inputs)).Only("signedIdentity", "reader", "purpose", "message", "content");
        var message = right.Bytes("message");
        JsonObject But(string name, JsonNode value) => right.With(new JsonObject { [name] = value });
        JsonObject Told(byte[] other) => But("message", Hex(other));
        foreach (var lie in Lies.OfCbor(message, Told)) yield return (lie.Name, lie.Told, lie.Verdict);
        yield return ("sealed is shorter than any", Told(Envelope(inputs, new byte[1391])), Malformed);

        const string seal = "seal";
        yield return ("for another purpose", But("purpose", Purpose + "s"), seal);
        yield return ("from another sender", But("signedIdentity", Identity(5229)), seal);
        yield return ("from the sender's keys under another account", But("signedIdentity", Hex(
            IdentityFormat.StatementOf(
                IdentityFormat.Person(5220).With(IdentityFormat.Person(5229).Only("account"))).Bytes)), seal);
        yield return ("to another reader", But("reader", IdentityFormat.Person(5229)), "other-recipient");
        yield return ("to the reader's key under another account", But("reader",
            IdentityFormat.Person(5221).With(IdentityFormat.Person(5229).Only("account"))), seal);
        yield return ("changed", Told(IdentityFormat.Last(message)), seal);
        yield return ("encapsulation changed", Told(Forge.Flip(message, message.Length - 1000)), seal);

        byte[] Plain(byte[] signature, byte[] content) =>
            Padme.Pad(new CborOut().Array(2).Bytes(signature).Bytes(content).ToArray());
        JsonObject Sealed(byte[] plaintext) => Told(Envelope(inputs, Seal(inputs, plaintext)));
        var content = inputs.Bytes("content");
        using var sender = IdentityFormat.KeysOf(inputs["sender"]!);
        using var other = IdentityFormat.KeysOf(IdentityFormat.Person(5229));
        byte[] Sign(IdentityKeys by, byte[] body) => by.Signing.Sign(SignatureLabel.SealedContent, body);
        yield return ("signed by another", Sealed(Plain(Sign(other, Body(inputs, content)), content)), "signature");
        yield return ("other content than what is signed",
            Sealed(Plain(Sign(sender, Body(inputs, content)), Forge.Flip(content, 0))), "signature");
        yield return ("signed for another reader", Sealed(Plain(
                Sign(sender, Body(inputs.With(new JsonObject { ["reader"] = IdentityFormat.Person(5229) }), content)),
                content)),
            "signature");
        yield return ("signed for another purpose", Sealed(Plain(
                Sign(sender, Body(inputs.With(new JsonObject { ["purpose"] = "other" }), content)), content)),
            "signature");
        yield return ("signed under another label", Sealed(Plain(
            sender.Signing.Sign(SignatureLabel.ContentKey, Body(inputs, content)), content)), "signature");
        yield return ("not padded", Sealed(
            new CborOut().Array(2).Bytes(Sign(sender, Body(inputs, content))).Bytes(new byte[200]).ToArray()),
            Malformed);
        yield return ("signature of 63 bytes", Sealed(Plain(new byte[63], content)), Malformed);
    }

    public override JsonObject Write(JsonObject inputs)
    {
        using var sender = IdentityFormat.KeysOf(inputs["sender"]!);
        return new JsonObject
        {
            ["signedIdentity"] = Hex(IdentityFormat.StatementOf(inputs["sender"]!).Bytes),
            ["context"] = Hex(Context(inputs)),
            ["signed"] = Hex(Body(inputs, inputs.Bytes("content"))),
            ["message"] = Hex(SealedMessage.Seal(
                sender, IdentityFormat.StatementOf(inputs["reader"]!), inputs.Text("purpose"), inputs.Bytes("content"),
                new FixedRandom(inputs.Bytes("randomness")))),
        };
    }

    protected override string Judge(JsonObject told)
    {
        using var reader = IdentityFormat.KeysOf(told["reader"]!);
        Assert.True(IdentityStatement.TryRead(told.Bytes("signedIdentity"), out var sender));
        var (content, fault) = SealedMessage.Open(reader, sender, told.Text("purpose"), told.Bytes("message"));
        if (content is null) return IdentityFormat.Word(fault);
        return content.SequenceEqual(told.Bytes("content")) ? Accepted : "differs";
    }

    private static string Identity(int seed) =>
        Hex(IdentityFormat.StatementOf(IdentityFormat.Person(seed)).Bytes);

    private static byte[] Context(JsonObject inputs)
    {
        var (sender, reader) = (IdentityFormat.StatementOf(inputs["sender"]!),
            IdentityFormat.StatementOf(inputs["reader"]!));
        return new CborOut().Array(7).Text(Labels.SealedContext).Bytes(sender.Account)
            .Bytes(sender.SigningKey.ToArray()).Bytes(reader.Account).Bytes(reader.SigningKey.ToArray())
            .Bytes(reader.KemKey.Hash).Text(inputs.Text("purpose")).ToArray();
    }

    private static byte[] Body(JsonObject inputs, byte[] content) => new CborOut().Array(4)
        .Text(Labels.SealedContent).UInt(1).Bytes(Hash256.Of(Context(inputs))).Bytes(Hash256.Of(content)).ToArray();

    private static byte[] Seal(JsonObject inputs, byte[] plaintext) => Hpke.Seal(
        IdentityFormat.StatementOf(inputs["reader"]!).KemKey, Context(inputs), [], plaintext,
        inputs.Bytes("randomness"));

    private static byte[] Envelope(JsonObject inputs, byte[] sealedBytes) => new CborOut().Array(4)
        .Text(Labels.SealedMessage).UInt(1).Bytes(IdentityFormat.StatementOf(inputs["reader"]!).KemKey.Hash)
        .Bytes(sealedBytes).ToArray();

    private static JsonObject Inputs(int length, string purpose = Purpose)
    {
        var random = new TestRandom(5230 + length);
        return new JsonObject
        {
            ["sender"] = IdentityFormat.Person(5220), ["reader"] = IdentityFormat.Person(5221),
            ["purpose"] = purpose, ["content"] = Hex(random.Bytes(length)), ["randomness"] = Hex(random.Bytes(64)),
        };
    }
}
