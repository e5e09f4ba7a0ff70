using System.Text;
using System.Text.Json.Nodes;
using KeyRecovery.Protocol.Linking;
using KeyRecovery.Protocol.Primitives;
using static KeyRecovery.Protocol.Tests.Golden.GoldenJson;

namespace KeyRecovery.Protocol.Tests.Golden.Formats;

/// <summary>The code of a session, scanned and typed, with all that follows from it.</summary>
internal sealed class LinkCodeFormat() : GoldenFormat("link-code", "§13.1")
{
    private const string SmallOrder = "e0eb7a7c3b41b8ae1656e3faf19fc46ada098deb9c32b1fd866205165f49b800";

    public override IEnumerable<(string, JsonObject)> Valid()
    {
        for (var i = 1; i <= 2; i++)
        {
            var random = new TestRandom(2900 + i);
            yield return ($"code {i}", new JsonObject
            {
                ["appId"] = TestAccount.DefaultApp,
                ["sessionKey"] = Hex(random.Bytes(32)),
                ["seed"] = Hex(random.Bytes(32)),
                ["typedRandom"] = Hex(random.Bytes(17)),
                ["envelopeNonce"] = Hex(random.Bytes(24)),
            });
        }
    }

    public override IEnumerable<(string, JsonObject, string)> Invalid()
    {
        var inputs = Valid().First().Item2;
        var right = inputs.With(Write(inputs));
        var (qr, typed, payload, envelope) =
            (right.Text("qr"), right.Text("typed"), right.Bytes("payload"), right.Bytes("envelope"));
        JsonObject But(string name, string value) => right.With(new JsonObject { [name] = value });
        JsonObject Scanned(byte[] bytes) => But("qr", LinkCode.Prefix + Base45.Encode("", bytes));

        yield return ("another thing was scanned", But("qr", "https://keys.example.org/"),
            nameof(LinkCodeParse.NotALinkCode));
        yield return ("version 2", But("qr", $"KRL2{qr[4..]}"), nameof(LinkCodeParse.UnknownVersion));
        yield return ("suite 2", Scanned([2, .. payload[1..]]), nameof(LinkCodeParse.UnknownVersion));
        yield return ("a byte missing", Scanned(payload[..^1]), nameof(LinkCodeParse.Unreadable));
        yield return ("a byte more", Scanned([.. payload, 0]), nameof(LinkCodeParse.Unreadable));
        yield return ("lower case", But("qr", LinkCode.Prefix + qr[5..].ToLowerInvariant()),
            nameof(LinkCodeParse.Unreadable));
        yield return ("a group above 65,535", But("qr", $"{LinkCode.Prefix}GGW{qr[8..]}"),
            nameof(LinkCodeParse.Unreadable));
        yield return ("key of small order", Scanned([1, .. Convert.FromHexString(SmallOrder), .. payload[33..]]),
            nameof(LinkCodeParse.UnsafeKey));
        yield return ("typed: a character missing", But("typed", typed[..^1]), nameof(TypedLinkCodeParse.WrongLength));
        yield return ("typed: has U", But("typed", $"U{typed[1..]}"), nameof(TypedLinkCodeParse.UnreadableCharacter));
        yield return ("typed: wrong check", But("typed", $"{typed[..^1]}{(typed[^1] == '1' ? '2' : '1')}"),
            nameof(TypedLinkCodeParse.Mistyped));
        yield return ("typed: check is 31", But("typed", $"{typed[..^1]}Z"), nameof(TypedLinkCodeParse.Mistyped));
        yield return ("envelope of another app", But("appId", "wallet.example"), nameof(LinkCodeParse.WrongSecret));
        yield return ("envelope changed", But("envelope", Hex(Forge.Flip(envelope, 104))),
            nameof(LinkCodeParse.WrongSecret));
        yield return ("envelope under another secret", But("typed", "0000 0000 0000 0000 0"),
            nameof(LinkCodeParse.WrongSecret));
    }

    public override JsonObject Write(JsonObject inputs)
    {
        var (seed, publicKey) = (inputs.Bytes("seed"), new byte[X25519.Size]);
        X25519.PublicKey(publicKey, inputs.Bytes("sessionKey"));
        using var code = LinkCode.Create(publicKey, new FixedRandom(seed));
        using var token = code.DeriveJoinToken();
        using var psk = code.DerivePsk();
        using var typed = TypedLinkCode.Generate(new FixedRandom(inputs.Bytes("typedRandom")));
        var context = LinkEnvelope.Context(inputs.Text("appId"), typed.Nameplate);
        var secret = typed.ToDisplayString().Replace(" ", "", StringComparison.Ordinal)[4..16];
        using var key = LinkEnvelope.DeriveKey(Encoding.ASCII.GetBytes(secret), context);
        return new JsonObject
        {
            ["payload"] = Hex(code.Payload),
            ["qr"] = code.ToQrText(),
            ["sessionId"] = Hex(code.SessionId.ToArray()),
            ["joinToken"] = Hex(token.Span),
            ["psk"] = Hex(psk.Span),
            ["typed"] = typed.ToDisplayString(),
            ["nameplate"] = typed.Nameplate,
            ["secret"] = secret,
            ["envelopeAad"] = Hex(context),
            ["envelopeKey"] = Hex(key.Span),
            ["envelope"] =
                Hex(typed.SealEnvelope(inputs.Text("appId"), code, new FixedRandom(inputs.Bytes("envelopeNonce")))),
        };
    }

    protected override string Judge(JsonObject told)
    {
        var scanned = LinkCode.Parse(told.Text("qr"));
        if (scanned is not LinkCodeParse.Ok { Code: var code }) return scanned.GetType().Name;
        var typed = TypedLinkCode.Parse(told.Text("typed"));
        if (typed is not TypedLinkCodeParse.Ok { Code: var read }) return typed.GetType().Name;
        var opened = read.OpenEnvelope(told.Text("appId"), told.Bytes("envelope"));
        if (opened is not LinkCodeParse.Ok { Code: var same }) return opened.GetType().Name;
        Assert.Equal(code.ToQrText(), same.ToQrText());
        return Accepted;
    }
}
