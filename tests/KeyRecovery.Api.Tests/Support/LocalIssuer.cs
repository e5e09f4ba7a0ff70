using System.Collections.Concurrent;
using System.Security.Cryptography;
using System.Text;
using System.Text.Json;
using Microsoft.AspNetCore.Builder;
using Microsoft.AspNetCore.Http;
using Microsoft.Extensions.Logging;
using Microsoft.IdentityModel.Tokens;

namespace KeyRecovery.Api.Tests.Support;

/// <summary>
/// A real OpenID provider on a port of its own: discovery, a JWK Set, tokens. It publishes one key, and replaces it at
/// once, as the strictest do.
/// </summary>
internal sealed class LocalIssuer : IAsyncDisposable
{
    private readonly WebApplication _app;
    private readonly ConcurrentQueue<string> _asked = new();
    private ECDsa _key = ECDsa.Create(ECCurve.NamedCurves.nistP256);
    private int _generation = 1;

    private LocalIssuer(WebApplication app) => _app = app;

    public string Address { get; private set; } = "";

    /// <summary>How often the keys were asked for.</summary>
    public int Fetches => _asked.Count(path => path == "/keys");

    public string Kid => $"key-{_generation}";

    public static async Task<LocalIssuer> StartAsync()
    {
        var builder = WebApplication.CreateSlimBuilder(["--urls", "http://127.0.0.1:0"]);
        builder.Logging.ClearProviders();
        var issuer = new LocalIssuer(builder.Build());
        issuer._app.MapGet("/{**path}", issuer.Answer);
        await issuer._app.StartAsync();
        issuer.Address = issuer._app.Urls.First();
        return issuer;
    }

    /// <summary>Signs with a new key from now on, and publishes that alone.</summary>
    public void Rotate()
    {
        _key = ECDsa.Create(ECCurve.NamedCurves.nistP256);
        _generation++;
    }

    public string Token(
        string subject, string audience = "demo", string? scope = null, string? kid = null, string? issuer = null,
        long? expires = null)
    {
        var now = DateTimeOffset.UtcNow.ToUnixTimeSeconds();
        var claims = new Dictionary<string, object>
        {
            ["iss"] = issuer ?? Address, ["aud"] = audience, ["sub"] = subject, ["exp"] = expires ?? now + 600,
        };
        if (scope is not null) claims["scope"] = scope;
        var head = Base64UrlEncoder.Encode(JsonSerializer.Serialize(new { alg = "ES256", kid = kid ?? Kid }));
        var signed = $"{head}.{Base64UrlEncoder.Encode(JsonSerializer.Serialize(claims))}";
        var signature = _key.SignData(Encoding.ASCII.GetBytes(signed), HashAlgorithmName.SHA256);
        return $"{signed}.{Base64UrlEncoder.Encode(signature)}";
    }

    /// <summary>It is away, and its port with it.</summary>
    public Task StopAsync() => _app.StopAsync();

    public async ValueTask DisposeAsync()
    {
        await _app.DisposeAsync();
        _key.Dispose();
    }

    private IResult Answer(HttpContext context)
    {
        var path = context.Request.Path.Value!;
        _asked.Enqueue(path);
        var point = _key.ExportParameters(includePrivateParameters: false).Q;
        return path switch
        {
            "/.well-known/openid-configuration" =>
                Results.Json(new { issuer = Address, jwks_uri = $"{Address}/keys" }),
            "/keys" => Results.Json(new
            {
                keys = new[]
                {
                    new
                    {
                        kty = "EC", crv = "P-256", use = "sig", kid = Kid,
                        x = Base64UrlEncoder.Encode(point.X), y = Base64UrlEncoder.Encode(point.Y),
                    },
                },
            }),
            _ => Results.NotFound(),
        };
    }
}
