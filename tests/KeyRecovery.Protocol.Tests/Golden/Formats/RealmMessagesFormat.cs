using System.Text.Json.Nodes;
using KeyRecovery.Protocol.Oprf;
using KeyRecovery.Protocol.Primitives;
using KeyRecovery.Protocol.Realms;
using KeyRecovery.Protocol.Vault;
using KeyRecovery.Protocol.Wire;
using static KeyRecovery.Protocol.Tests.Golden.GoldenJson;

namespace KeyRecovery.Protocol.Tests.Golden.Formats;

/// <summary>A guess, a reset, and a realm's answers to both, with the realm's fingerprint.</summary>
internal sealed class RealmMessagesFormat() : GoldenFormat("realm-messages", "§14.4")
{
    private static readonly (string Answer, string Request)[] Answers =
        [("answer", "evaluate"), ("answerToReset", "reset")];

    public override IEnumerable<(string, JsonObject)> Valid()
    {
        var now = new GoldenWorld().Account.Now;
        for (var seed = 0; seed < 2; seed++)
        {
            var random = new TestRandom(2900 + seed);
            using var key = OprfKeyShares.Split(1, 1, random);
            using var blind = OprfRequest.Blind(random.Bytes(32), random);
            yield return ($"slot {seed + 1}", new JsonObject
            {
                ["realmSigningSeed"] = Hex(random.Bytes(32)), ["realmKemSeed"] = Hex(random.Bytes(32)),
                ["slot"] = Hex(random.Bytes(16)), ["slotSigningSeed"] = Hex(random.Bytes(32)),
                ["share"] = Hex(key.Shares[0].Span), ["attempt"] = Hex(random.Bytes(16)),
                ["blinded"] = Hex(blind.Blinded.ToArray()), ["proofRandomness"] = Hex(random.Bytes(64)),
                ["state"] = 2, ["guessesLeft"] = 9, ["nextAttemptInMs"] = 60_000, ["round"] = 3 + seed,
                ["count"] = 5 + seed, ["head"] = Hex(TestHome.Sign(now.Manifest).Bytes),
                ["claims"] = seed == 0
                    ? new JsonArray() : new JsonArray(Hex(TestHome.Claim(now.Account, 1, 2, TestHome.Now).Bytes)),
                ["contradicting"] = "", ["replaced"] = "",
            });
        }
    }

    public override IEnumerable<(string, JsonObject, string)> Invalid()
    {
        var inputs = Valid().First().Item2;
        var right = inputs.With(Write(inputs));
        JsonObject Told(string what, byte[] bytes) => right.With(new JsonObject { [what] = Hex(bytes) });
        foreach (var what in (string[])["evaluate", "reset", "answer", "answerToReset"])
        {
            var bytes = right.Bytes(what);
            var verdict = Answers.Any(one => one.Answer == what) ? nameof(RealmFault.Malformed) : Malformed;
            yield return ($"{what}: a byte left over", Told(what, [.. bytes, 0]), verdict);
            yield return ($"{what}: a byte missing", Told(what, bytes[..^1]), verdict);
        }
        var (evaluate, reset, answer) = (right.Bytes("evaluate"), right.Bytes("reset"), right.Bytes("answer"));
        yield return ("evaluate: the identity", Told("evaluate", [.. evaluate[..^32], .. new byte[32]]), Malformed);
        yield return ("evaluate: not canonical",
            Told("evaluate", [.. evaluate[..^32], .. Enumerable.Repeat((byte)0xFF, 32)]), Malformed);
        yield return ("reset: another signature", Told("reset", Forge.Flip(reset, reset.Length - 1)), "signature");
        yield return ("answer: another signature",
            Told("answer", Forge.Flip(answer, answer.Length - 1)), nameof(RealmFault.Signature));
        yield return ("answerToReset: to another request", Told("answerToReset", answer),
            nameof(RealmFault.OtherRequest));
        yield return ("answer: to another request", Told("evaluate", Forge.Flip(evaluate, 55)),
            nameof(RealmFault.OtherRequest));
    }

    public override JsonObject Write(JsonObject inputs)
    {
        using var realmSigning = SigningKey.FromSeed(inputs.Bytes("realmSigningSeed"));
        using var realmKem = KemPrivateKey.FromSeed(inputs.Bytes("realmKemSeed"));
        using var slotKey = SigningKey.FromSeed(inputs.Bytes("slotSigningSeed"));
        var realm = new RealmIdentity(realmSigning.PublicKey, realmKem.PublicKey);
        var slot = new AuthorityId(inputs.Bytes("slot"));
        var attempt = new AttemptId(inputs.Bytes("attempt"));
        Assert.True(OprfScalar.TryParse(inputs.Bytes("share"), out var share));
        Assert.True(OprfElement.TryParse(inputs.Bytes("blinded"), out var blinded));
        var evaluate = new RealmEvaluate(slot, attempt, blinded).Encode();
        ulong Told(string name) => (ulong)(int)inputs[name]!;
        var reset = RealmReset.Sign(realm.Fingerprint, slot, attempt, Told("round"), slotKey);
        var status = new RealmStatus
        {
            Realm = realm.Fingerprint, Slot = slot, Request = Hash256.Of(evaluate),
            State = (RealmSlotState)Told("state"), GuessesLeft = (int)Told("guessesLeft"),
            NextAttemptInMs = Told("nextAttemptInMs"), Round = Told("round"),
            Told = new RealmSlotTold(Told("count"), share.PublicKey, slotKey.PublicKey, new RealmHeads(
                SignedHead.Decode(inputs.Bytes("head")),
                [.. inputs.BytesList("claims").Select(claim => SignedClaim.Decode(claim))])),
            Evaluation = OprfServer.Evaluate(
                share, share.PublicKey, blinded, new FixedRandom(inputs.Bytes("proofRandomness"))),
        };
        var again = status with { Request = Hash256.Of(reset), Evaluation = null };
        return new JsonObject
        {
            ["fingerprint"] = Hex(realm.Fingerprint.ToArray()), ["evaluate"] = Hex(evaluate), ["reset"] = Hex(reset),
            ["answer"] = Hex(status.Sign(realmSigning)), ["answerToReset"] = Hex(again.Sign(realmSigning)),
        };
    }

    protected override string Judge(JsonObject told)
    {
        using var realmSigning = SigningKey.FromSeed(told.Bytes("realmSigningSeed"));
        using var realmKem = KemPrivateKey.FromSeed(told.Bytes("realmKemSeed"));
        using var slotKey = SigningKey.FromSeed(told.Bytes("slotSigningSeed"));
        var realm = new RealmIdentity(realmSigning.PublicKey, realmKem.PublicKey);
        var slot = RealmEvaluate.Decode(told.Bytes("evaluate")).Slot;
        if (!RealmReset.Decode(told.Bytes("reset")).IsSignedBy(slotKey.PublicKey)) return "signature";
        foreach (var (answer, request) in Answers)
        {
            var (_, fault) = RealmStatus.Read(told.Bytes(answer), realm, slot, told.Bytes(request));
            if (fault != RealmFault.None) return fault.ToString();
        }
        return Accepted;
    }
}
