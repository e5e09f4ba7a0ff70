using System.Text.Json.Nodes;
using KeyRecovery.Protocol.Oprf;
using KeyRecovery.Protocol.Primitives;
using KeyRecovery.Protocol.Realms;
using KeyRecovery.Protocol.Vault;
using KeyRecovery.Protocol.Wire;
using static KeyRecovery.Protocol.Tests.Golden.GoldenJson;

namespace KeyRecovery.Protocol.Tests.Golden.Formats;

/// <summary>What authorities say to a realm, and what it answers.</summary>
internal sealed class RealmRequestsFormat() : GoldenFormat("realm-requests", "§14.4")
{
    public static readonly (string Name, RealmAction Action)[] Commands =
    [
        ("commandStatus", RealmAction.Status), ("commandPause", RealmAction.Pause),
        ("commandResume", RealmAction.Resume), ("commandSubject", RealmAction.Subject),
        ("commandObject", RealmAction.Objection),
    ];

    public override IEnumerable<(string, JsonObject)> Valid()
    {
        var world = new GoldenWorld();
        var random = new TestRandom(4200);
        using var key = OprfKeyShares.Split(1, 1, random);
        var now = world.Account.Now;
        var inputs = new JsonObject
        {
            ["realmSigningSeed"] = Hex(random.Bytes(32)), ["realmKemSeed"] = Hex(random.Bytes(32)),
            ["signer"] = Hex(world.Tablet.Id.ToArray()), ["signerSeed"] = Hex(random.Bytes(32)),
            ["slot"] = Hex(random.Bytes(16)), ["slotSigningSeed"] = Hex(random.Bytes(32)),
            ["share"] = Hex(key.Shares[0].Span), ["encapsulation"] = Hex(random.Bytes(64)),
            ["head"] = Hex(TestHome.Sign(now.Manifest).Bytes),
            ["links"] = HexArray(now.Links.Select(link => link.Bytes.ToArray())),
            ["claims"] = new JsonArray(Hex(TestHome.Claim(now.Account, 1, 2, TestHome.Now).Bytes)),
            ["count"] = 7UL, ["contradicting"] = "", ["replaced"] = "",
            ["state"] = 2UL, ["guessesLeft"] = 9UL, ["nextAttemptInMs"] = 60_000UL, ["round"] = 3UL,
            ["events"] = new JsonArray(new JsonObject { ["at"] = 1_700_000_000UL, ["event"] = 1UL }),
        };
        yield return ("with the whole chain", inputs);
        yield return ("with nothing but the head", inputs.With(new JsonObject
        {
            ["links"] = new JsonArray(), ["claims"] = new JsonArray(), ["count"] = 0UL,
            ["contradicting"] = inputs["head"]!.DeepClone(), ["replaced"] = inputs["head"]!.DeepClone(),
        }));
    }

    public override IEnumerable<(string, JsonObject, string)> Invalid()
    {
        var (whole, inputs) = (Valid().First().Item2, Valid().Last().Item2);
        var right = inputs.With(Write(inputs));
        JsonObject Told(string what, byte[] bytes) => right.With(new JsonObject { [what] = Hex(bytes) });
        foreach (var what in (string[])["register", "follow", "fork", "commandPause", "status", "headAnswer"])
        {
            var verdict = what is "status" or "headAnswer" ? nameof(RealmFault.Malformed) : Malformed;
            var bytes = right.Bytes(what);
            yield return ($"{what}: a byte left over", Told(what, [.. bytes, 0]), verdict);
            yield return ($"{what}: a byte missing", Told(what, bytes[..^1]), verdict);
        }
        foreach (var (what, at) in ((string, int)[])[("register", 60), ("commandPause", 50), ("fork", 40)])
        {
            yield return (
                $"{what}: another realm, unsigned", Told(what, Forge.Flip(right.Bytes(what), at)), "signature");
        }

        var other = Command(inputs, RealmAction.Pause, SignatureLabel.RealmFork);
        yield return ("command: signed under another label", Told("commandPause", other), "signature");
        yield return ("command: no action", Told("commandPause", Command(inputs, 0)), Malformed);
        yield return ("command: an unknown action", Told("commandPause", Command(inputs, (RealmAction)6)),
            Malformed);
        yield return ("register: of another version", Told("register", Version2(right.Bytes("register"),
            Labels.RealmRegister)), UpgradeRequired);
        yield return ("follow: of another version", Told("follow", Version2(right.Bytes("follow"),
            Labels.RealmFollow)), UpgradeRequired);
        var many = inputs.With(new JsonObject {
            ["claims"] = new JsonArray([.. Enumerable.Repeat(whole["claims"]![0]!, 17).Select(c => c.DeepClone())]),
        });
        yield return ("follow: 17 claims", Told("follow", Follow(many)), Malformed);
        yield return ("head answer: to another request", Told("follow", Follow(inputs.With(new JsonObject {
            ["claims"] = whole["claims"]!.DeepClone(),
        }))), nameof(RealmFault.OtherRequest));
        yield return ("status: another signature",
            Told("status", Forge.Flip(right.Bytes("status"), right.Bytes("status").Length - 1)),
            nameof(RealmFault.Signature));
        yield return ("register: sealed for another slot",
            Told("register", Sign(inputs, (realm, head, links, signer, key) => RealmRegister.Seal(
                new RealmIdentity(realm.SigningKey, KemPrivateKey.FromSeed(new byte[32]).PublicKey),
                new AuthorityId(inputs.Bytes("slot")), key.PublicKey, Share(inputs), head, links, signer, key,
                new FixedRandom(inputs.Bytes("encapsulation"))))), Malformed);
    }

    public override JsonObject Write(JsonObject inputs)
    {
        using var realmSigning = SigningKey.FromSeed(inputs.Bytes("realmSigningSeed"));
        using var slotKey = SigningKey.FromSeed(inputs.Bytes("slotSigningSeed"));
        using var share = Share(inputs);
        var slot = new AuthorityId(inputs.Bytes("slot"));
        var realm = Realm(inputs);
        var follow = Follow(inputs);
        var commands = Commands.ToDictionary(c => c.Name, c => Command(inputs, c.Action));
        var heads = new RealmHeads(
            SignedHead.Decode(inputs.Bytes("head")),
            [.. inputs.BytesList("claims").Select(claim => SignedClaim.Decode(claim))],
            Optional(inputs, "contradicting"), Optional(inputs, "replaced"));
        var status = new RealmStatus
        {
            Realm = realm.Fingerprint, Slot = slot, Request = Hash256.Of(commands["commandStatus"]),
            State = (RealmSlotState)inputs.Number("state"), GuessesLeft = (int)inputs.Number("guessesLeft"),
            NextAttemptInMs = inputs.Number("nextAttemptInMs"), Round = inputs.Number("round"),
            Told = new RealmSlotTold(inputs.Number("count"), share.PublicKey, slotKey.PublicKey, heads),
            Events = [.. inputs.List("events").Select(told =>
                new RealmEvent(told.Number("at"), (RealmEventKind)told.Number("event")))],
        };
        var outputs = new JsonObject
        {
            ["fingerprint"] = Hex(realm.Fingerprint.ToArray()),
            ["register"] = Hex(Sign(inputs, (_, head, links, signer, key) => RealmRegister.Seal(
                realm, slot, slotKey.PublicKey, share, head, links, signer, key,
                new FixedRandom(inputs.Bytes("encapsulation"))))),
            ["fork"] = Hex(Fork(inputs).Bytes),
            ["follow"] = Hex(follow),
            ["status"] = Hex(status.Sign(realmSigning)),
            ["headAnswer"] = Hex(
                new RealmHeadAnswer(realm.Fingerprint, Hash256.Of(follow), heads).Sign(realmSigning)),
        };
        foreach (var (name, bytes) in commands) outputs[name] = Hex(bytes);
        return outputs;
    }

    protected override string Judge(JsonObject told)
    {
        using var signer = SigningKey.FromSeed(told.Bytes("signerSeed"));
        using var kem = KemPrivateKey.FromSeed(told.Bytes("realmKemSeed"));
        var realm = Realm(told);
        var register = RealmRegister.Decode(told.Bytes("register"));
        if (!register.IsSignedBy(signer.PublicKey)) return "signature";
        using var registration = register.Open(realm, kem);
        foreach (var (name, action) in Commands)
        {
            var command = RealmCommand.Decode(told.Bytes(name));
            if (!command.IsSignedBy(signer.PublicKey)) return "signature";
            if (command.Action != action || command.Count != told.Number("count")) return "differs";
        }
        if (!RealmFork.Decode(told.Bytes("fork")).IsSignedBy(signer.PublicKey)) return "signature";
        var follow = RealmFollow.Decode(told.Bytes("follow"));
        if (follow.Links.Length != told.List("links").Count()) return "differs";
        var (_, fault) = RealmStatus.Read(told.Bytes("status"), realm, register.Slot, told.Bytes("commandStatus"));
        if (fault != RealmFault.None) return fault.ToString();
        (_, fault) = RealmHeadAnswer.Read(
            told.Bytes("headAnswer"), realm, follow.Head.Head.Account, told.Bytes("follow"));
        return fault == RealmFault.None ? Accepted : fault.ToString();
    }

    private static RealmIdentity Realm(JsonObject inputs)
    {
        using var signing = SigningKey.FromSeed(inputs.Bytes("realmSigningSeed"));
        using var kem = KemPrivateKey.FromSeed(inputs.Bytes("realmKemSeed"));
        return new RealmIdentity(signing.PublicKey, kem.PublicKey);
    }

    private static OprfScalar Share(JsonObject inputs)
    {
        Assert.True(OprfScalar.TryParse(inputs.Bytes("share"), out var share));
        return share;
    }

    private static SignedHead? Optional(JsonObject inputs, string name) =>
        inputs.Text(name) is "" ? null : SignedHead.Decode(inputs.Bytes(name));

    private static RealmFork Fork(JsonObject inputs)
    {
        using var key = SigningKey.FromSeed(inputs.Bytes("signerSeed"));
        return RealmFork.Sign(
            Realm(inputs).Fingerprint, SignedHead.Decode(inputs.Bytes("head")).Head,
            new AuthorityId(inputs.Bytes("signer")), key);
    }

    private static byte[] Follow(JsonObject inputs) => RealmFollow.Encode(
        SignedHead.Decode(inputs.Bytes("head")), Memories(inputs, "links"), Memories(inputs, "claims"),
        inputs.List("links").Any() ? Fork(inputs) : null);

    private static byte[] Command(JsonObject inputs, RealmAction action, SignatureLabel? label = null)
    {
        var head = SignedHead.Decode(inputs.Bytes("head"));
        var body = new CborOut().Array(8).Text(Labels.RealmCommand).UInt(1).Bytes(Realm(inputs).Fingerprint)
            .Bytes(head.Head.Account).Bytes(inputs.Bytes("slot")).UInt((ulong)action).UInt(inputs.Number("count"))
            .Bytes(inputs.Bytes("signer")).ToArray();
        return Sign(inputs, (realm, _, links, signer, key) => label is null && action is not 0 and <= (RealmAction)5
            ? RealmCommand.Sign(
                realm.Fingerprint, new AuthorityId(inputs.Bytes("slot")), action, inputs.Number("count"), head, links,
                signer, key)
            : SignedBundle.Sign(label ?? SignatureLabel.RealmCommand, body, key, head, links));
    }

    private static byte[] Sign(
        JsonObject inputs,
        Func<RealmIdentity, SignedHead, ReadOnlyMemory<byte>[], AuthorityId, SigningKey, byte[]> sign)
    {
        using var key = SigningKey.FromSeed(inputs.Bytes("signerSeed"));
        return sign(
            Realm(inputs), SignedHead.Decode(inputs.Bytes("head")), Memories(inputs, "links"),
            new AuthorityId(inputs.Bytes("signer")), key);
    }

    private static ReadOnlyMemory<byte>[] Memories(JsonObject inputs, string name) =>
        [.. inputs.BytesList(name).Select(bytes => (ReadOnlyMemory<byte>)bytes)];

    private static byte[] Version2(byte[] bytes, string label)
    {
        var text = new CborOut().Text(label).ToArray();
        return Lies.Replace(bytes, [.. text, 1], [.. text, 2]);
    }
}
