using System.Collections.Immutable;
using System.Text;
using System.Text.Json.Nodes;
using KeyRecovery.Protocol.Oprf;
using KeyRecovery.Protocol.Passphrases;
using KeyRecovery.Protocol.Primitives;
using KeyRecovery.Protocol.Wire;
using static KeyRecovery.Protocol.Tests.Golden.GoldenJson;

namespace KeyRecovery.Protocol.Tests.Golden.Formats;

/// <summary>From a passphrase and the shares of an OPRF key to a slot's keys and parameters, step by step.</summary>
internal sealed class PassphraseSlotFormat() : GoldenFormat("passphrase-slot", "§14.1–§14.3")
{
    private const string Refused = "refused";

    private static readonly (string Name, string Text)[] NoPassphrases =
    [
        ("blanks", " \u00A0\u3000"), ("invisible characters", "\u200B\u2060\uFE0F"), ("a tab", "a\tb"),
        ("a character of no Unicode", "a\u0378"), ("a character of Unicode 15.1", "a\u2FFC"),
        ("a character of Unicode 16", "a\U0001CC00"), ("too many characters", new string('\uFB03', 342)),
    ];

    public override IEnumerable<(string, JsonObject)> Valid()
    {
        yield return ("one realm, mobile", Inputs(1, "correct horse battery staple", StretchProfile.Mobile, 1, 1));
        yield return ("two of three, standard",
            Inputs(2, "  \uFB01\uFF11e\u0301 \u3000", StretchProfile.Standard, 3, 2));
        yield return ("all of two, cheapest",
            Inputs(3, "1374", new StretchProfile(2, StretchProfile.MinMemoryKiB, 1), 2, 2));
        yield return ("what a phone replaces and hides",
            Inputs(
                6, "\u200B\u201Cit\u2019s\u201D\u00A0 10\u2013\u2014 11\u2026 \u2764\uFE0F",
                new StretchProfile(2, StretchProfile.MinMemoryKiB, 1), 1, 1));
        yield return ("five of eight", Inputs(4, "\u0661\u0662\u0663\u0664 Stra\u00DFe", StretchProfile.Mobile, 8, 5));
    }

    public override IEnumerable<(string, JsonObject, string)> Invalid()
    {
        var inputs = Inputs(5, "x", StretchProfile.Mobile, 3, 2);
        var good = Parameters(inputs);
        var keys = Shares(inputs).Select(s => s.PublicKey).ToArray();
        var realms = inputs.List("realms").Select(r => r.Bytes("fingerprint")).ToArray();
        JsonObject Told(byte[] parameters) => new() { ["parameters"] = Hex(parameters) };
        byte[] With(ulong t, ulong m, ulong p, ulong threshold, params (byte[] Realm, byte[] Key)[] shares)
        {
            var writer = new CborOut().Array(7).Text(Labels.PassphraseSlot).UInt(1).UInt(t).UInt(m).UInt(p)
                .UInt(threshold).Array(shares.Length);
            foreach (var (realm, key) in shares) writer.Array(2).Bytes(realm).Bytes(key);
            return writer.ToArray();
        }
        (byte[], byte[])[] three = [.. realms.Zip(keys.Select(k => k.ToArray()))];
        foreach (var (name, passphrase) in NoPassphrases)
            yield return ($"a passphrase of {name}", new JsonObject { ["passphrase"] = passphrase }, Refused);
        yield return ("empty", Told([]), Refused);
        yield return ("a byte left over", Told([.. good, 0]), Refused);
        yield return ("a byte missing", Told(good[..^1]), Refused);
        yield return ("one pass", Told(With(1, 32_768, 1, 2, three)), Refused);
        yield return ("seventeen passes", Told(With(17, 32_768, 1, 2, three)), Refused);
        yield return ("too little memory", Told(With(4, 19_455, 1, 2, three)), Refused);
        yield return ("too much memory", Told(With(2, 1_048_577, 1, 2, three)), Refused);
        yield return ("too much work", Told(With(5, 1_048_576, 1, 2, three)), Refused);
        yield return ("no lane", Told(With(4, 32_768, 0, 2, three)), Refused);
        yield return ("seventeen lanes", Told(With(4, 32_768, 17, 2, three)), Refused);
        yield return ("one of three", Told(With(4, 32_768, 1, 1, three)), Refused);
        yield return ("four of three", Told(With(4, 32_768, 1, 4, three)), Refused);
        yield return ("no realm", Told(With(4, 32_768, 1, 0)), Refused);
        yield return ("a realm twice",
            Told(With(4, 32_768, 1, 2, (realms[0], keys[0].ToArray()), (realms[0], keys[1].ToArray()), three[2])),
            Refused);
        yield return ("two share keys exchanged",
            Told(With(4, 32_768, 1, 2, (realms[0], keys[1].ToArray()), (realms[1], keys[0].ToArray()), three[2])),
            Refused);
        yield return ("the identity as a share key",
            Told(With(4, 32_768, 1, 2, three[0], three[1], (realms[2], new byte[32]))), Refused);
        yield return ("a share key that is not canonical",
            Told(With(4, 32_768, 1, 2, three[0], three[1], (realms[2], [.. Enumerable.Repeat((byte)0xFF, 32)]))),
            Refused);
    }

    public override JsonObject Write(JsonObject inputs)
    {
        var (account, slot) = (new AccountId(inputs.Bytes("account")), new AuthorityId(inputs.Bytes("slot")));
        var parameters = Parameters(inputs);
        Assert.True(PassphraseParameters.TryRead(parameters, out var read));
        using var passphrase = ((PassphraseParse.Ok)Passphrase.Parse(inputs.Text("passphrase"))).Passphrase;
        using var stretched = passphrase.Stretch(account, slot, read.Profile);
        using var blind = OprfRequest.Blind(stretched.Span, new TestRandom(1));
        var evaluations = Shares(inputs).Take(read.Threshold)
            .Select((share, i) => (i + 1,
                OprfServer.Evaluate(share, share.PublicKey, blind.Blinded, new TestRandom(2)).Evaluated));
        using var oprf = blind.Finalize([.. evaluations]);
        using var keys = PassphraseSlot.DeriveKeys(slot, stretched, oprf);
        byte[] prkInput = [.. stretched.Span, .. oprf.Span];
        return new JsonObject
        {
            ["normal"] = Hex(passphrase.Utf8),
            ["salt"] =
                Hex(Hash256.Of(new CborOut().Array(3).Text("keyrecovery/v1/passphrase-salt").Bytes(account).Bytes(slot)
                    .ToArray()).ToArray().AsSpan(0, 16)),
            ["stretched"] = Hex(stretched.Span),
            ["oprf"] = Hex(oprf.Span),
            ["signingSeed"] = Hex(Seed(prkInput, slot, "keyrecovery/v1/passphrase-slot-signing")),
            ["signingKey"] = Hex(keys.Signing.PublicKey.ToArray()),
            ["kemSeed"] = Hex(Seed(prkInput, slot, "keyrecovery/v1/passphrase-slot-kem")),
            ["kemKeyHash"] = Hex(keys.Kem.PublicKey.Hash.ToArray()),
            ["parameters"] = Hex(parameters),
        };
    }

    protected override string Judge(JsonObject told) =>
        (told.ContainsKey("parameters")
            ? PassphraseParameters.TryRead(told.Bytes("parameters"), out _)
            : Passphrase.Parse(told.Text("passphrase")) is PassphraseParse.Ok) ? Accepted : Refused;

    private static byte[] Seed(byte[] prkInput, AuthorityId slot, string label)
    {
        var seed = new byte[32];
        System.Security.Cryptography.HKDF.DeriveKey(
            System.Security.Cryptography.HashAlgorithmName.SHA512, prkInput, seed, slot.ToArray(),
            Encoding.ASCII.GetBytes(label));
        return seed;
    }

    private static JsonObject Inputs(int seed, string passphrase, StretchProfile profile, int realms, int threshold)
    {
        var random = new TestRandom(2800 + seed);
        using var key = OprfKeyShares.Split(realms, threshold, random);
        var list = new JsonArray();
        foreach (var share in key.Shares)
            list.Add(new JsonObject { ["fingerprint"] = Hex(random.Bytes(32)), ["share"] = Hex(share.Span) });
        return new JsonObject
        {
            ["passphrase"] = passphrase, ["account"] = Hex(random.Bytes(16)), ["slot"] = Hex(random.Bytes(16)),
            ["passes"] = profile.Passes, ["memoryKiB"] = profile.MemoryKiB, ["lanes"] = profile.Lanes,
            ["threshold"] = threshold, ["realms"] = list,
        };
    }

    private static ImmutableArray<OprfScalar> Shares(JsonObject inputs) =>
        [.. inputs.List("realms")
            .Select(r => OprfScalar.TryParse(r.Bytes("share"), out var share)
                ? share : throw new InvalidOperationException())];

    private static byte[] Parameters(JsonObject inputs) => PassphraseParameters.Create(
        new StretchProfile((int)inputs["passes"]!, (int)inputs["memoryKiB"]!, (int)inputs["lanes"]!),
        (int)inputs["threshold"]!,
        [.. inputs.List("realms").Zip(Shares(inputs))
            .Select(r => new RealmShare(new Hash256(r.First.Bytes("fingerprint")), r.Second.PublicKey))]).Encode();
}
