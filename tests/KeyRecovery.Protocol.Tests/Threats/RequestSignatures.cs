using System.Text;
using KeyRecovery.Protocol.Http;
using KeyRecovery.Protocol.Primitives;
using KeyRecovery.Protocol.Wire;

namespace KeyRecovery.Protocol.Tests.Threats;

/// <summary>A sender that would choose what its signature covers, how it is spelt, or where a line ends.</summary>
public sealed class RequestSignatures : IDisposable
{
    private const long Created = 1_760_000_000;

    private static readonly KeyId Device =
        KeyId.OfDevice(new AccountId(new TestRandom(1).Bytes(16)), new AuthorityId(new TestRandom(2).Bytes(16)));
    private static readonly KeyId Slot = KeyId.OfSlot(new AuthorityId(new TestRandom(3).Bytes(16)));
    private static readonly HttpRequestParts Parts =
        new("POST", "vault.example", "/v1/commits", "?a=1", HttpSignature.ContentDigest("body"u8));

    private readonly SigningKey _key = SigningKey.FromSeed(new TestRandom(4).Bytes(32));
    private readonly string _input;
    private readonly string _signature;

    public RequestSignatures() => (_input, _signature) = HttpSignature.Sign(_key, Device.ToString(), Created, Parts);

    public void Dispose() => _key.Dispose();

    [Fact]
    public void The_profile_has_this_one_form()
    {
        Assert.Equal(
            """sig1=("@method" "@authority" "@path" "@query" "content-digest");created=1760000000;"""
            + $"keyid=\"{Device}\";alg=\"ed25519\";tag=\"keyrecovery/v1\"",
            _input);
        Assert.Matches("^sig1=:[A-Za-z0-9+/]{86}==:$", _signature);
    }

    [Fact]
    public void What_is_signed_verifies_for_device_and_slot()
    {
        foreach (var keyId in new[] { Device, Slot })
        {
            var (input, signature) = HttpSignature.Sign(_key, keyId.ToString(), Created, Parts);
            Assert.True(HttpSignature.TryParse(input, signature, out var parsed));
            Assert.Equal((keyId, Created), (parsed.KeyId, parsed.Created));
            Assert.True(_key.PublicKey.VerifyHttp(parsed.SignatureBase(Parts), parsed.Signature));
        }
    }

    [Fact]
    public void A_signature_covers_each_part_and_parameter()
    {
        Assert.True(HttpSignature.TryParse(_input, _signature, out var parsed));
        HttpRequestParts[] others =
        [
            Parts with { Method = "PUT" },
            Parts with { Authority = "evil.example" },
            Parts with { Path = "/v1/commits/" },
            Parts with { Query = "?" },
            Parts with { ContentDigest = HttpSignature.ContentDigest("other"u8) },
        ];
        foreach (var other in others)
            Assert.False(_key.PublicKey.VerifyHttp(parsed.SignatureBase(other), parsed.Signature));

        Assert.True(
            HttpSignature.TryParse(
                _input.Replace("1760000000", "1760000001", StringComparison.Ordinal), _signature, out var later));
        Assert.False(_key.PublicKey.VerifyHttp(later.SignatureBase(Parts), later.Signature));
        Assert.True(
            HttpSignature.TryParse(
                _input.Replace($"{Device}", $"{Slot}", StringComparison.Ordinal), _signature, out var slot));
        Assert.False(_key.PublicKey.VerifyHttp(slot.SignatureBase(Parts), slot.Signature));
    }

    public static TheoryData<string, string> OtherInputs => new()
    {
        { "sig1=(", "sig2=(" },
        { "sig1=(", "sig1= (" },
        { "sig1=(", "SIG1=(" },
        { "\"@method\" \"@authority\"", "\"@authority\" \"@method\"" },
        { "\"@method\" ", "" },
        { "\"@method\" ", "\"@method\" \"@method\" " },
        { "\"@method\" ", "\"@method\"  " },
        { " \"content-digest\"", "" },
        { "\"content-digest\")", "\"content-digest\" \"date\")" },
        { "\"@query\"", "\"@query-param\";name=\"a\"" },
        { "\"@authority\"", "\"@authority\";req" },
        { ";created", "; created" },
        { "created=1760000000", "created=01760000000" },
        { "created=1760000000", "created=+1760000000" },
        { "created=1760000000", "created=-1760000000" },
        { "created=1760000000", "created=1760000000.0" },
        { "created=1760000000", "created=1_760_000_000" },
        { "created=1760000000", "created=1760000000 " },
        { "created=1760000000", "created=9999999999999999" },
        { "created=1760000000", "created=99999999999999999999999" },
        { "created=1760000000", "created=" },
        { "created=1760000000", "created=1760000000;created=1760000000" },
        { "created=1760000000", "created=1760000000;expires=1760000300" },
        { "created=1760000000", "created=1760000000;nonce=\"x\"" },
        { "keyid=\"", "keyid=\"x" },
        { "keyid=\"", "keyid=\"\\\"" },
        { "alg=\"ed25519\"", "alg=\"hmac-sha256\"" },
        { "alg=\"ed25519\"", "alg=\"ED25519\"" },
        { ";alg=\"ed25519\"", "" },
        { ";alg=\"ed25519\"", ";alg=\"ed25519\";alg=\"ed25519\"" },
        { "tag=\"keyrecovery/v1\"", "tag=\"keyrecovery/v2\"" },
        { ";tag=\"keyrecovery/v1\"", "" },
        { "\";alg=\"ed25519\";tag=\"keyrecovery/v1\"", "\";tag=\"keyrecovery/v1\";alg=\"ed25519\"" },
        { "tag=\"keyrecovery/v1\"", "tag=\"keyrecovery/v1\"\n" },
        { "tag=\"keyrecovery/v1\"", "tag=\"keyrecovery/v1\", sig2=(\"@method\")" },
        { "tag=\"keyrecovery/v1\"", "tag=\"keyrecovery/v1\";x" },
    };

    [Theory]
    [MemberData(nameof(OtherInputs))]
    public void Any_other_list_order_or_spelling_is_refused(string part, string other)
    {
        Assert.Contains(part, _input, StringComparison.Ordinal);
        Assert.False(HttpSignature.TryParse(_input.Replace(part, other, StringComparison.Ordinal), _signature, out _));
    }

    [Fact]
    public void Two_signatures_and_other_spellings_of_one_are_refused()
    {
        Assert.True(HttpSignature.TryParse(_input, _signature, out _));
        string?[] others =
        [
            null, "", "sig1=", "sig1=::", _signature[..^1], _signature + ":", _signature + " ", " " + _signature,
            _signature + ", " + _signature,
            _signature.Replace("sig1", "sig2", StringComparison.Ordinal),
            _signature.Replace("==:", ":", StringComparison.Ordinal),
            _signature.Replace("==:", "=:", StringComparison.Ordinal),
            _signature.Insert(10, "\n"),
            _signature[..10] + " " + _signature[11..],
            _signature[..10] + "-" + _signature[11..],
            // The last character's spare bits.
            _signature[..^4] + (char)(_signature[^4] + 1) + "==:",
        ];
        foreach (var other in others) Assert.False(HttpSignature.TryParse(_input, other, out _), other);
        Assert.False(HttpSignature.TryParse(null, _signature, out _));
        Assert.False(HttpSignature.TryParse(_input + ", " + _input, _signature, out _));
        for (var length = 0; length < _input.Length; length++)
            Assert.False(HttpSignature.TryParse(_input[..length], _signature, out _));
    }

    [Theory]
    [InlineData("/v1\n\"@query\": ?x")]
    [InlineData("/v1\r")]
    [InlineData("/v\u00e9")]
    [InlineData("")]
    [InlineData("v1")]
    public void A_path_that_could_forge_another_line_is_a_format_error(string path)
    {
        Assert.True(HttpSignature.TryParse(_input, _signature, out var parsed));
        Assert.Throws<WireFormatException>(() => parsed.SignatureBase(Parts with { Path = path }));
        Assert.Throws<WireFormatException>(() => parsed.SignatureBase(Parts with { Query = path }));
        Assert.Throws<WireFormatException>(() => parsed.SignatureBase(Parts with { Method = "GET\n" }));
        Assert.Throws<WireFormatException>(() => parsed.SignatureBase(Parts with { ContentDigest = "" }));
    }

    [Theory]
    [InlineData("")]
    [InlineData("sha-256=:47DEQpj8HBSa+/TImW+5JCeuQeRkm5NMpJWZG3hSuFU=")]
    [InlineData("sha-256=:47DEQpj8HBSa+/TImW+5JCeuQeRkm5NMpJWZG3hSuFU:")]
    [InlineData("sha-256=:47DEQpj8HBSa+/TImW+5JCeuQeRkm5NMpJWZG3hSuFV=:")]
    [InlineData("sha-256=:47DEQpj8HBSa-_TImW-5JCeuQeRkm5NMpJWZG3hSuFU=:")]
    [InlineData("sha-512=:47DEQpj8HBSa+/TImW+5JCeuQeRkm5NMpJWZG3hSuFU=:")]
    [InlineData("SHA-256=:47DEQpj8HBSa+/TImW+5JCeuQeRkm5NMpJWZG3hSuFU=:")]
    [InlineData(
        "sha-256=:47DEQpj8HBSa+/TImW+5JCeuQeRkm5NMpJWZG3hSuFU=:, "
        + "sha-256=:47DEQpj8HBSa+/TImW+5JCeuQeRkm5NMpJWZG3hSuFU=:")]
    public void Any_other_content_digest_is_refused(string text) =>
    Assert.False(HttpSignature.TryParseContentDigest(text, out _));

    [Fact]
    public void A_key_id_is_a_devices_or_a_slots()
    {
        Assert.True(KeyId.TryParse(Device.ToString(), out var device));
        Assert.Equal(Device, device);
        Assert.Equal(45, Device.ToString().Length);
        Assert.True(KeyId.TryParse(Slot.ToString(), out var slot));
        Assert.Equal((Slot, null), (slot, slot.Account));

        var (account, authority) = (Device.Account.ToString(), Device.Authority.ToString());
        string?[] others =
            [null, "", ".", account + ".", "." + authority, $"{account}.{authority}.", $"{account}..{authority}",
                $"{account}:{authority}", $"{account}{authority}", authority + "=", authority[..21],
                $"{account}.{authority}.{authority}"];
        foreach (var other in others) Assert.False(KeyId.TryParse(other, out _), other);
    }

    [Fact]
    public void The_signer_refuses_what_the_verifier_would()
    {
        Assert.Throws<ArgumentException>(() => HttpSignature.Sign(_key, "somebody", Created, Parts));
        Assert.Throws<ArgumentOutOfRangeException>(() => HttpSignature.Sign(_key, Slot.ToString(), -1, Parts));
        Assert.Throws<ArgumentOutOfRangeException>(
            () => HttpSignature.Sign(_key, Slot.ToString(), HttpSignature.MaxCreated + 1, Parts));
        Assert.Throws<WireFormatException>(
            () => HttpSignature.Sign(_key, Slot.ToString(), Created, Parts with { Query = "" }));
    }

    [Fact]
    public void A_signature_base_is_no_labelled_object()
    {
        Assert.True(HttpSignature.TryParse(_input, _signature, out var parsed));
        var signatureBase = parsed.SignatureBase(Parts);
        Assert.StartsWith("\"@method\": POST\n", Encoding.ASCII.GetString(signatureBase));
        Assert.DoesNotContain((byte)0, signatureBase);
    }
}
