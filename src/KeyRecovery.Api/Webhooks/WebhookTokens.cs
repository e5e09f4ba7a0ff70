using System.Buffers.Text;
using System.Security.Cryptography;
using System.Text;
using System.Text.Json;
using KeyRecovery.Api.Auth;
using KeyRecovery.Api.Bodies;
using KeyRecovery.Service;
using KeyRecovery.Service.Keys;

namespace KeyRecovery.Api.Webhooks;

/// <summary>
/// The tokens by which a back end knows that this server calls it (docs/protocol.md §20): a JWT (RFC 7519) in the
/// compact serialization (RFC 7515 §7.1) with the hash of what it comes with.
/// </summary>
internal sealed class WebhookTokens(KeyRecoveryService service, ServerAuthority authority)
{
    /// <summary>
    /// The tokens' <c>typ</c>: none of another kind is one, nor the other way round (RFC 8725 §3.11).
    /// </summary>
    public const string Type = "keyrecovery-events+jwt";

    private const string Algorithm = "ES256";
    private const int IdSize = 16;
    private const ulong Lifetime = 5 * 60;

    /// <summary>A token that goes with a body to an address.</summary>
    public string Mint(string app, string webhook, ReadOnlySpan<byte> body)
    {
        var (key, now) = (service.WebhookKeys.Signing, service.Clock.Now.Wall);
        var hash = Base64Url.EncodeToString(SHA256.HashData(body));
        var head = Part(json =>
        {
            json.WriteString("alg", Algorithm);
            json.WriteString("kid", key.Id);
            json.WriteString("typ", Type);
        });
        var claims = Part(json =>
        {
            json.WriteString("iss", $"https://{authority.Value}");
            json.WriteString("aud", webhook);
            json.WriteNumber("iat", now);
            json.WriteNumber("exp", now + Lifetime);
            json.WriteString("jti", Base64Url.EncodeToString(RandomNumberGenerator.GetBytes(IdSize)));
            json.WriteString("app", app);
            json.WriteString("sha256", hash);
        });
        var signed = $"{head}.{claims}";
        return $"{signed}.{Base64Url.EncodeToString(key.Sign(Encoding.ASCII.GetBytes(signed)))}";
    }

    /// <summary>The keys by which anybody verifies them.</summary>
    public JwksResponse Tell() => new([.. service.WebhookKeys.Told.Select(Tell)]);

    private static JwkResponse Tell(WebhookKey key) =>
        new("EC", "P-256", "sig", Algorithm, key.Id, key.X, key.Y);

    private static string Part(Action<Utf8JsonWriter> write)
    {
        using var bytes = new MemoryStream();
        using (var json = new Utf8JsonWriter(bytes))
        {
            json.WriteStartObject();
            write(json);
            json.WriteEndObject();
        }

        return Base64Url.EncodeToString(bytes.ToArray());
    }
}
