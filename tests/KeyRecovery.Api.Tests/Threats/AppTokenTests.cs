using System.Security.Cryptography;
using System.Text;
using System.Text.Json;
using KeyRecovery.Api.Auth;
using KeyRecovery.Api.Options;
using KeyRecovery.Service.Accounts;
using Microsoft.Extensions.Logging.Abstractions;
using Microsoft.Extensions.Time.Testing;
using Microsoft.IdentityModel.Tokens;

namespace KeyRecovery.Api.Tests.Threats;

/// <summary>Tokens are put together by hand here, since no library makes bad ones.</summary>
public sealed class AppTokenTests : IDisposable
{
    private const string Issuer = "https://id.example.com";

    private readonly FakeTimeProvider _time = new(DateTimeOffset.FromUnixTimeSeconds(1_800_000_000));
    private readonly ECDsa _chatKey = ECDsa.Create(ECCurve.NamedCurves.nistP256);
    private readonly ECDsa _driveKey = ECDsa.Create(ECCurve.NamedCurves.nistP256);
    private readonly AppTokens _tokens;

    public AppTokenTests()
    {
        var options = new KeyRecoveryOptions();
        options.Apps.Add(
            new AppOptions { Id = "chat", Issuer = Issuer, Audience = "chat", Jwks = Jwks(_chatKey, "k1") });
        options.Apps.Add(
            new AppOptions { Id = "drive", Issuer = Issuer, Audience = "drive", Jwks = Jwks(_driveKey, "k1") });
        _tokens = Read(options);
    }

    private long Now => _time.GetUtcNow().ToUnixTimeSeconds();

    public void Dispose()
    {
        _chatKey.Dispose();
        _driveKey.Dispose();
    }

    [Fact]
    public async Task A_good_token_names_app_issuer_and_subject()
    {
        var valid = Assert.IsType<TokenResult.Valid>(await ReadAsync(Token(Claims())));
        Assert.Equal(new AppUser("chat", Issuer, "anna"), valid.User);
        Assert.DoesNotContain("anna", valid.ToString(), StringComparison.Ordinal);
    }

    [Fact]
    public async Task The_audience_chooses_the_app_and_its_key()
    {
        var valid = Assert.IsType<TokenResult.Valid>(await ReadAsync(Token(Claims(audience: "drive"), key: _driveKey)));
        Assert.Equal("drive", valid.User.App);
    }

    [Fact]
    public Task A_token_of_one_app_is_nothing_to_another() =>
    IsInvalid(Token(Claims(audience: "drive"), key: _chatKey));

    [Fact]
    public Task A_token_for_two_apps_is_for_none() => IsInvalid(Token(Claims(audience: new[] { "chat", "drive" })));

    [Fact]
    public Task Algorithm_none_signs_nothing() => IsInvalid(Unsigned("""{"alg":"none"}""", Claims()));

    [Fact]
    public Task Algorithm_none_with_a_signature_signs_nothing() =>
    IsInvalid(Token(Claims(), header: """{"alg":"none","kid":"k1"}"""));

    [Theory]
    [InlineData(false)]
    [InlineData(true)]
    public Task The_public_key_is_no_shared_secret(bool pem)
    {
        var secret = pem ? Encoding.ASCII.GetBytes(_chatKey.ExportSubjectPublicKeyInfoPem())
            : _chatKey.ExportSubjectPublicKeyInfo();
        var signed = $"{Encode("""{"alg":"HS256","kid":"k1"}""")}.{Encode(Claims())}";
        return IsInvalid(
            $"{signed}.{Base64UrlEncoder.Encode(HMACSHA256.HashData(secret, Encoding.ASCII.GetBytes(signed)))}");
    }

    [Fact]
    public Task A_key_in_the_header_is_not_asked_for()
    {
        using var own = ECDsa.Create(ECCurve.NamedCurves.nistP256);
        return IsInvalid(Token(Claims(), own, $$"""{"alg":"ES256","jwk":{{Jwk(own, "k1")}}}"""));
    }

    [Fact]
    public Task Critical_extensions_are_not_understood() =>
        IsInvalid(Token(Claims(), header: """{"alg":"ES256","kid":"k1","crit":["exp"]}"""));

    [Fact]
    public async Task Expired_is_expired_a_minute_later_at_most()
    {
        var token = Token(Claims(expires: Now + 100));
        _time.Advance(TimeSpan.FromSeconds(159));
        Assert.IsType<TokenResult.Valid>(await ReadAsync(token));
        _time.Advance(TimeSpan.FromSeconds(1));
        await IsInvalid(token);
    }

    [Fact]
    public async Task Not_yet_valid_is_not_valid_a_minute_earlier_at_most()
    {
        var token = Token(Claims(notBefore: Now + 61));
        await IsInvalid(token);
        _time.Advance(TimeSpan.FromSeconds(1));
        Assert.IsType<TokenResult.Valid>(await ReadAsync(token));
    }

    [Theory]
    [InlineData("iss", "\"https://id.example.com/\"")]
    [InlineData("iss", "\"https://ID.example.com\"")]
    [InlineData("iss", null)]
    [InlineData("aud", "\"Chat\"")]
    [InlineData("aud", "[]")]
    [InlineData("aud", null)]
    [InlineData("exp", null)]
    [InlineData("exp", "\"tomorrow\"")]
    [InlineData("sub", null)]
    [InlineData("sub", "\"\"")]
    [InlineData("sub", "7")]
    [InlineData("sub", "{\"a\":1}")]
    [InlineData("sub", "\"\\ud800\"")]
    public Task A_missing_or_odd_claim_is_refused(string claim, string? json)
    {
        var claims = JsonSerializer.Deserialize<Dictionary<string, JsonElement>>(Claims())!;
        claims.Remove(claim);
        var text = JsonSerializer.Serialize(claims);
        return IsInvalid(Token(json is null ? text : $"{text[..^1]},\"{claim}\":{json}}}"));
    }

    [Theory]
    [InlineData("scope", "\"keyrecovery.erase\"")]
    [InlineData("aud", "\"chat\"")]
    [InlineData("exp", "9999999999")]
    [InlineData("anything", "{\"a\":1,\"a\":2}")]
    public async Task F34_a_name_that_stands_twice_is_no_token(string claim, string json)
    {
        var once = Token($"{Claims()[..^1]},\"other\":1}}");
        Assert.IsType<TokenResult.Valid>(await ReadAsync(once));
        await IsInvalid(Token($"{Claims()[..^1]},\"{claim}\":{json},\"{claim}\":{json}}}"));
    }

    [Theory]
    [InlineData("alg", "\"none\"")]
    [InlineData("kid", "\"k1\"")]
    [InlineData("typ", "\"JWT\"")]
    public async Task A_name_that_stands_twice_in_the_header_is_no_token(string name, string json)
    {
        const string Once = """{"alg":"ES256","kid":"k1","other":1}""";
        Assert.IsType<TokenResult.Valid>(await ReadAsync(Token(Claims(), header: Once)));
        await IsInvalid(Token(Claims(), header: $"{Once[..^1]},\"{name}\":{json},\"{name}\":{json}}}"));
    }

    [Fact]
    public Task A_doubled_subject_is_no_subject() => IsInvalid(Token($"{Claims()[..^1]},\"sub\":\"eve\"}}"));

    [Fact]
    public async Task A_subject_has_256_bytes_at_most()
    {
        Assert.IsType<TokenResult.Valid>(await ReadAsync(Token(Claims(subject: new string('x', 256)))));
        await IsInvalid(Token(Claims(subject: new string('x', 257))));
        await IsInvalid(Token(Claims(subject: new string('é', 129))));
    }

    [Fact]
    public Task A_changed_claim_breaks_the_signature()
    {
        var parts = Token(Claims()).Split('.');
        return IsInvalid($"{parts[0]}.{Encode(Claims(subject: "eve"))}.{parts[2]}");
    }

    [Theory]
    [InlineData("")]
    [InlineData(".")]
    [InlineData("..")]
    [InlineData("a.b.c")]
    [InlineData("e30.e30.")]
    [InlineData("....")]
    public Task Nonsense_is_refused(string token) => IsInvalid(token);

    // What stands in a token is anybody's word until its signature holds: nothing of it is a fault of the server.
    [Theory]
    [InlineData("null")]
    [InlineData("\"\\ud800\"")]
    [InlineData("{\"\\ud800\":1}")]
    [InlineData("[null]")]
    [InlineData("[[]]")]
    [InlineData("1e400")]
    [InlineData("-1e300")]
    [InlineData("9223372036854775808")]
    [InlineData("-62135596801")]
    [InlineData("253402300800")]
    public async Task Whatever_a_token_says_it_holds_or_does_not(string json)
    {
        foreach (var name in new[] { "iss", "aud", "sub", "exp", "nbf", "iat", "scope", "actort", "\\ud800", "" })
        {
            var claims = JsonSerializer.Deserialize<Dictionary<string, JsonElement>>(Claims())!;
            claims.Remove(name);
            var token = Token($"{JsonSerializer.Serialize(claims)[..^1]},\"{name}\":{json}}}");
            Assert.True(await ReadAsync(token) is TokenResult.Valid or TokenResult.Invalid, name);
        }

        foreach (var name in new[] { "alg", "kid", "typ", "cty", "crit", "enc", "jku", "x5c", "b64", "\\ud800" })
        {
            var rest = name == "alg" ? "\"kid\":\"k1\"" : "\"alg\":\"ES256\"";
            var token = Token(Claims(), header: $"{{{rest},\"{name}\":{json}}}");
            Assert.True(await ReadAsync(token) is TokenResult.Valid or TokenResult.Invalid, name);
        }
    }

    [Fact]
    public Task A_token_has_8_KiB_at_most() =>
        IsInvalid(Token($"{Claims()[..^1]},\"pad\":\"{new string('x', 8_192)}\"}}"));

    [Fact]
    public async Task Keys_that_cannot_be_fetched_are_our_trouble_and_not_the_tokens()
    {
        var options = new KeyRecoveryOptions();
        options.Apps.Add(
            new AppOptions { Id = "chat", Issuer = Issuer, Audience = "chat", JwksUrl = "http://127.0.0.1:9/jwks" });
        var result = await Read(options).ReadAsync(Token(Claims()), CancellationToken.None);
        Assert.IsType<TokenResult.KeysUnavailable>(result);
    }

    private AppTokens Read(KeyRecoveryOptions options)
    {
        var log = new TokenLog(NullLogger<TokenLog>.Instance);
        return new AppTokens(new Tenants(options, _time, log), log);
    }

    private static string Encode(string json) => Base64UrlEncoder.Encode(json);

    private static string Unsigned(string header, string claims) => $"{Encode(header)}.{Encode(claims)}.";

    private static string Jwk(ECDsa key, string id)
    {
        var point = key.ExportParameters(includePrivateParameters: false).Q;
        var (x, y) = (Base64UrlEncoder.Encode(point.X), Base64UrlEncoder.Encode(point.Y));
        return $$"""{"kty":"EC","crv":"P-256","kid":"{{id}}","x":"{{x}}","y":"{{y}}"}""";
    }

    private static string Jwks(ECDsa key, string id) => $$"""{"keys":[{{Jwk(key, id)}}]}""";

    private string Claims(
        object? audience = null, string subject = "anna", long? expires = null, long? notBefore = null) =>
        JsonSerializer.Serialize(new Dictionary<string, object>
        {
            ["iss"] = Issuer,
            ["aud"] = audience ?? "chat",
            ["sub"] = subject,
            ["nbf"] = notBefore ?? Now,
            ["exp"] = expires ?? Now + 600,
        });

    private string Token(string claims, ECDsa? key = null, string header = """{"alg":"ES256","kid":"k1"}""")
    {
        var signed = $"{Encode(header)}.{Encode(claims)}";
        var signature = (key ?? _chatKey).SignData(Encoding.ASCII.GetBytes(signed), HashAlgorithmName.SHA256);
        return $"{signed}.{Base64UrlEncoder.Encode(signature)}";
    }

    private ValueTask<TokenResult> ReadAsync(string token) => _tokens.ReadAsync(token, CancellationToken.None);

    private async Task IsInvalid(string token) => Assert.IsType<TokenResult.Invalid>(await ReadAsync(token));
}
