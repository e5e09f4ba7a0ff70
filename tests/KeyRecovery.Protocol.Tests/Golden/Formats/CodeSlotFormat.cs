using System.Text;
using System.Text.Json.Nodes;
using KeyRecovery.Protocol.Recovery;
using static KeyRecovery.Protocol.Tests.Golden.GoldenJson;

namespace KeyRecovery.Protocol.Tests.Golden.Formats;

/// <summary>A recovery code with the seeds that it derives, and what a reader says of texts that are none.</summary>
internal sealed class CodeSlotFormat() : GoldenFormat("code-slot", "§8")
{
    public override IEnumerable<(string, JsonObject)> Valid()
    {
        for (var seed = 0; seed < 3; seed++)
            yield return ($"code {seed + 1}",
                new JsonObject { ["entropy"] = Hex(new TestRandom(2700 + seed).Bytes(16)) });
        var entropy = Hex(new TestRandom(2700).Bytes(16));
        foreach (var (how, text) in AsTyped(Write(new JsonObject { ["entropy"] = entropy }).Text("code")))
            yield return ($"as typed: {how}", new JsonObject { ["entropy"] = entropy, ["typed"] = text });
    }

    private static IEnumerable<(string, string)> AsTyped(string code)
    {
        var groups = code[4..].Split(' ');
        yield return ("upper case", code.ToUpperInvariant());
        yield return ("no prefix", code[4..]);
        yield return ("prefix with an l", $"krl{code[3..]}");
        yield return ("lines, dashes, spaces", code.Replace(" ", "\u2013\r\n\u00a0", StringComparison.Ordinal));
        yield return ("quoted", $"\u201c{code}\u201d");
        yield return ("wide", string.Concat(code.Select(c => c == ' ' ? '\u3000' : (char)(c + 0xfee0))));
        yield return ("the kit's numbers", $"kr1\n{string.Join('\n', groups.Select((g, i) => $"{i + 1}{g}"))}");
        yield return ("numbers and no prefix", string.Join(' ', groups.Select((g, i) => $"{i + 1} {g}")));
        yield return ("a label", $"Recovery code: {code}");
        yield return ("a label and numbers", $"My code {{2026}}: kr1 {Numbered(code)}");
        yield return ("twice", $"{code} {code}");
    }

    public override IEnumerable<(string, JsonObject, string)> Invalid()
    {
        var code = Write(new JsonObject { ["entropy"] = Hex(new byte[16]) }).Text("code");
        JsonObject Told(string text) => new() { ["code"] = text };
        yield return ("empty", Told(""), nameof(RecoveryCodeParse.WrongLength));
        yield return ("prefix alone", Told("kr1"), nameof(RecoveryCodeParse.WrongLength));
        yield return ("one character missing", Told(code[..^1]), nameof(RecoveryCodeParse.WrongLength));
        yield return ("one character more", Told(code + "q"), nameof(RecoveryCodeParse.WrongLength));
        foreach (var character in "bio1%é")
            yield return ($"has {character}", Told($"{code[..^1]}{character}"),
                nameof(RecoveryCodeParse.UnreadableCharacter));
        yield return ("a number twice", Told($"1{code[4..8]}1{code[9..13]}"),
            nameof(RecoveryCodeParse.UnreadableCharacter));
        yield return ("numbers and one character missing", Told(Numbered(code)[..^1]),
            nameof(RecoveryCodeParse.WrongLength));
        yield return ("numbers and one character wrong", Told($"1p{Numbered(code)[2..]}"),
            nameof(RecoveryCodeParse.Typo));
        yield return ("a label and no prefix", Told($"code {code[4..]}"),
            nameof(RecoveryCodeParse.UnreadableCharacter));
        yield return ("first character wrong", Told($"{code[..4]}p{code[5..]}"), nameof(RecoveryCodeParse.Typo));
        yield return ("last character wrong", Told($"{code[..^1]}q"), nameof(RecoveryCodeParse.Typo));
        yield return ("two characters swapped", Told($"{code[..^2]}{code[^1]}{code[^2]}"),
            nameof(RecoveryCodeParse.Unreadable));
        yield return ("two characters wrong", Told($"{code[..4]}pp{code[6..]}"), nameof(RecoveryCodeParse.Unreadable));
        yield return ("checksum of Bech32 instead of Bech32m", Told(Checksummed(0, 1)),
            nameof(RecoveryCodeParse.Unreadable));
        yield return ("version 1", Told(Checksummed(8, 0x2bc830a3)), nameof(RecoveryCodeParse.UnknownVersion));
        yield return ("version 3", Told(Checksummed(24, 0x2bc830a3)), nameof(RecoveryCodeParse.UnknownVersion));
    }

    public override JsonObject Write(JsonObject inputs)
    {
        var entropy = inputs.Bytes("entropy");
        using var code = RecoveryCode.Generate(new FixedRandom(entropy));
        using var slot = code.DeriveSlot();
        byte[] Seed(string label, int length) => GoldenWorld.Derive(entropy, Encoding.ASCII.GetBytes(label), length);
        return new JsonObject
        {
            ["code"] = code.ToDisplayString(),
            ["slotId"] = Hex(slot.Id.ToArray()),
            ["slotIdDerived"] = Hex(Seed("keyrecovery/v1/code-slot-id", 16)),
            ["signingSeed"] = Hex(Seed("keyrecovery/v1/code-slot-signing", 32)),
            ["signingKey"] = Hex(slot.Signing.PublicKey.ToArray()),
            ["kemSeed"] = Hex(Seed("keyrecovery/v1/code-slot-kem", 32)),
            ["kemKeyHash"] = Hex(slot.Kem.PublicKey.Hash.ToArray()),
        };
    }

    protected override string Judge(JsonObject told)
    {
        var outcome = RecoveryCode.Parse(told.Text("code"));
        if (outcome is not RecoveryCodeParse.Ok(var code)) return outcome.GetType().Name;
        using (code)
        {
            if (told["typed"] is null) return Accepted;
            var typed = RecoveryCode.Parse(told.Text("typed"));
            if (typed is not RecoveryCodeParse.Ok(var same)) return typed.GetType().Name;
            using (same) return same.ToDisplayString() == code.ToDisplayString() ? Accepted : "Differs";
        }
    }

    private static string Numbered(string code) =>
        string.Concat(code[4..].Split(' ').Select((group, i) => $"{i + 1}{group}"));

    /// <summary>
    /// BIP-173's and BIP-350's checksum, written out once more: 26 values, the first as told and the others 0.
    /// </summary>
    private static string Checksummed(byte first, uint constant)
    {
        const string alphabet = "qpzry9x8gf2tvdw0s3jn54khce6mua7l";
        uint[] generator = [0x3b6a57b2, 0x26508e6d, 0x1ea119fa, 0x3d4233dd, 0x2a1462b3];
        byte[] values = [first, .. new byte[25]];
        uint residue = 1;
        foreach (var value in (byte[])['k' >> 5, 'r' >> 5, 0, 'k' & 31, 'r' & 31, .. values, .. new byte[6]])
        {
            var top = residue >> 25;
            residue = ((residue & 0x1ffffff) << 5) ^ value;
            for (var i = 0; i < 5; i++) residue ^= ((top >> i) & 1) != 0 ? generator[i] : 0;
        }

        residue ^= constant;
        return string.Concat(values.Concat(Enumerable.Range(0, 6).Select(i => (byte)((residue >> (5 * (5 - i))) & 31)))
            .Select(v => alphabet[v]));
    }
}
