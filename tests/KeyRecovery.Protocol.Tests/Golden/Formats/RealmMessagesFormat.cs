using System.Text.Json.Nodes;
using KeyRecovery.Protocol.Oprf;
using KeyRecovery.Protocol.Primitives;
using KeyRecovery.Protocol.Realms;
using KeyRecovery.Protocol.Vault;
using KeyRecovery.Protocol.Wire;
using static KeyRecovery.Protocol.Tests.Golden.GoldenJson;

namespace KeyRecovery.Protocol.Tests.Golden.Formats;

/// <summary>Every body that travels to a realm and back, with the realm's fingerprint.</summary>
internal sealed class RealmMessagesFormat() : GoldenFormat("realm-messages", "§14.4")
{
    private static readonly (string Answer, string Request)[] Answers =
        [("answer", "evaluate"), ("answerToStatus", "manageStatus")];

    public override IEnumerable<(string, JsonObject)> Valid()
    {
        for (var seed = 0; seed < 2; seed++)
        {
            var random = new TestRandom(2900 + seed);
            using var key = OprfKeyShares.Split(1, 1, random);
            using var blind = OprfRequest.Blind(random.Bytes(32), random);
            yield return ($"slot {seed + 1}", new JsonObject
            {
                ["realmSigningSeed"] = Hex(random.Bytes(32)), ["realmKemSeed"] = Hex(random.Bytes(32)),
                ["slot"] = Hex(random.Bytes(16)),
                ["slotSigningSeed"] = Hex(random.Bytes(32)), ["managementSeed"] = Hex(random.Bytes(32)),
                ["share"] = Hex(key.Shares[0].Span),
                ["encapsulation"] = Hex(random.Bytes(64)), ["attempt"] = Hex(random.Bytes(16)),
                ["blinded"] = Hex(blind.Blinded.ToArray()),
                ["proofRandomness"] = Hex(random.Bytes(64)), ["headSequence"] = 7 + seed, ["round"] = 3 + seed,
                ["newManagementSeed"] = Hex(random.Bytes(32)), ["headHash"] = Hex(random.Bytes(32)),
                ["commandVersions"] = new JsonObject
                {
                    ["manageStatus"] = 0, ["managePause"] = 1, ["manageResume"] = 2, ["manageHead"] = 3,
                    ["manageKey"] = 4, ["manageDelete"] = 5,
                },
                ["state"] = 2, ["guessesLeft"] = 9, ["nextAttemptInMs"] = 60_000, ["version"] = 3,
                ["events"] = new JsonArray(
                    new JsonObject { ["at"] = 1_700_000_000, ["event"] = 1 },
                    new JsonObject { ["at"] = 1_700_000_001, ["event"] = 2 }),
            });
        }
    }

    public override IEnumerable<(string, JsonObject, string)> Invalid()
    {
        var inputs = Valid().First().Item2;
        var good = Write(inputs);
        JsonObject Told(string what, byte[] bytes)
        {
            var told = new JsonObject();
            foreach (var (name, value) in inputs) told[name] = value!.DeepClone();
            foreach (var (name, value) in good) told[name] = value!.DeepClone();
            told[what] = Hex(bytes);
            return told;
        }
        foreach (var what in (string[])["register", "evaluate", "reset", "manageHead", "answer", "answerToStatus"])
        {
            var bytes = good.Bytes(what);
            var verdict = Answers.Any(one => one.Answer == what) ? nameof(RealmFault.Malformed) : Malformed;
            yield return ($"{what}: a byte left over", Told(what, [.. bytes, 0]), verdict);
            yield return ($"{what}: a byte missing", Told(what, bytes[..^1]), verdict);
        }
        yield return ("register: sealed to another slot",
            Told("register", Flip(good.Bytes("register"), 40)), Malformed);
        yield return ("evaluate: the identity",
            Told("evaluate", [.. good.Bytes("evaluate")[..^32], .. new byte[32]]), Malformed);
        yield return ("evaluate: not canonical",
            Told("evaluate", [.. good.Bytes("evaluate")[..^32], .. Enumerable.Repeat((byte)0xFF, 32)]), Malformed);
        yield return ("reset: another signature",
            Told("reset", Flip(good.Bytes("reset"), good.Bytes("reset").Length - 1)), "signature");
        yield return ("manage: another signature",
            Told("manageHead", Flip(good.Bytes("manageHead"), good.Bytes("manageHead").Length - 1)), "signature");
        yield return ("answer: another signature",
            Told("answer", Flip(good.Bytes("answer"), good.Bytes("answer").Length - 1)), nameof(RealmFault.Signature));
        yield return ("answerToStatus: to another command", Told("answerToStatus", good.Bytes("answer")),
            nameof(RealmFault.OtherRequest));
        yield return ("answer: to another request", Told("evaluate", Flip(good.Bytes("evaluate"), 55)),
            nameof(RealmFault.OtherRequest));
    }

    public override JsonObject Write(JsonObject inputs)
    {
        using var realmSigning = SigningKey.FromSeed(inputs.Bytes("realmSigningSeed"));
        using var realmKem = KemPrivateKey.FromSeed(inputs.Bytes("realmKemSeed"));
        using var slotKey = SigningKey.FromSeed(inputs.Bytes("slotSigningSeed"));
        using var management = SigningKey.FromSeed(inputs.Bytes("managementSeed"));
        using var newManagement = SigningKey.FromSeed(inputs.Bytes("newManagementSeed"));
        var realm = new RealmIdentity(realmSigning.PublicKey, realmKem.PublicKey);
        var slot = new AuthorityId(inputs.Bytes("slot"));
        var attempt = new AttemptId(inputs.Bytes("attempt"));
        Assert.True(OprfScalar.TryParse(inputs.Bytes("share"), out var share));
        Assert.True(OprfElement.TryParse(inputs.Bytes("blinded"), out var blinded));
        var evaluate = new RealmEvaluate(slot, attempt, blinded).Encode();
        ulong Told(string name) => (ulong)(int)inputs[name]!;
        var head = new ChainPlace(Told("headSequence"), new Hash256(inputs.Bytes("headHash")));
        string Manage(string name, RealmCommand command) => Hex(RealmManage.Sign(
            realm.Fingerprint, slot, (ulong)(int)inputs["commandVersions"]![name]!, command, management));
        var manageStatus = Manage("manageStatus", RealmCommand.Status);
        var status = new RealmStatus
        {
            Realm = realm.Fingerprint, Slot = slot, Request = Hash256.Of(evaluate),
            State = (RealmSlotState)Told("state"), GuessesLeft = (int)Told("guessesLeft"),
            NextAttemptInMs = Told("nextAttemptInMs"), Round = Told("round"), Version = Told("version"), Head = head,
            Evaluation = OprfServer.Evaluate(
                share, share.PublicKey, blinded, new FixedRandom(inputs.Bytes("proofRandomness"))),
            Events = [],
        };
        var managed = status with
        {
            Request = Hash256.Of(Convert.FromHexString(manageStatus)), Evaluation = null,
            Events = [.. inputs.List("events").Select(told =>
                new RealmEvent((ulong)(int)told["at"]!, (RealmEventKind)(int)told["event"]!))],
        };
        return new JsonObject
        {
            ["fingerprint"] = Hex(realm.Fingerprint.ToArray()),
            ["register"] = Hex(RealmRegistration.Seal(
                realm, slot, slotKey.PublicKey, management.PublicKey, share,
                new FixedRandom(inputs.Bytes("encapsulation")))),
            ["evaluate"] = Hex(evaluate),
            ["reset"] = Hex(RealmReset.Sign(realm.Fingerprint, slot, attempt, Told("round"), slotKey)),
            ["manageStatus"] = manageStatus,
            ["managePause"] = Manage("managePause", RealmCommand.Pause),
            ["manageResume"] = Manage("manageResume", RealmCommand.Resume),
            ["manageHead"] = Manage("manageHead", RealmCommand.TellHead(head)),
            ["manageKey"] = Manage("manageKey", RealmCommand.ReplaceKey(newManagement.PublicKey)),
            ["manageDelete"] = Manage("manageDelete", RealmCommand.Delete),
            ["answer"] = Hex(status.Sign(realmSigning)),
            ["answerToStatus"] = Hex(managed.Sign(realmSigning)),
        };
    }

    protected override string Judge(JsonObject told)
    {
        using var realmSigning = SigningKey.FromSeed(told.Bytes("realmSigningSeed"));
        using var realmKem = KemPrivateKey.FromSeed(told.Bytes("realmKemSeed"));
        using var slotKey = SigningKey.FromSeed(told.Bytes("slotSigningSeed"));
        using var management = SigningKey.FromSeed(told.Bytes("managementSeed"));
        var realm = new RealmIdentity(realmSigning.PublicKey, realmKem.PublicKey);
        using var registration = RealmRegistration.Open(told.Bytes("register"), realm, realmKem);
        RealmEvaluate.Decode(told.Bytes("evaluate"));
        if (!RealmReset.Decode(told.Bytes("reset")).IsSignedBy(slotKey.PublicKey)) return "signature";
        foreach (var what in told.Where(p => p.Key.StartsWith("manage", StringComparison.Ordinal)
            && p.Key != "managementSeed"))
            if (!RealmManage.Decode(told.Bytes(what.Key)).IsSignedBy(management.PublicKey)) return "signature";
        foreach (var (answer, request) in Answers)
        {
            var (_, fault) = RealmStatus.Read(told.Bytes(answer), realm, registration.Slot, told.Bytes(request));
            if (fault != RealmFault.None) return fault.ToString();
        }
        return Accepted;
    }

    private static byte[] Flip(byte[] bytes, int at)
    {
        var flipped = bytes.ToArray();
        flipped[at] ^= 1;
        return flipped;
    }
}
