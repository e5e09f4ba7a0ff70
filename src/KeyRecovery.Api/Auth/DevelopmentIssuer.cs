using System.Security.Cryptography;
using KeyRecovery.Api.Options;
using Microsoft.IdentityModel.JsonWebTokens;
using Microsoft.IdentityModel.Tokens;

namespace KeyRecovery.Api.Auth;

/// <summary>
/// An issuer of our own, so that a developer needs no identity provider. It exists in Development only, and its key
/// stays in the data directory (0600), so that tokens outlive a restart.
/// </summary>
internal sealed class DevelopmentIssuer : IDisposable
{
    /// <summary>The issuer's name: not an address, so that it does not change with the port.</summary>
    public const string Name = "urn:keyrecovery:development";

    /// <summary>How long a token holds.</summary>
    public static readonly TimeSpan Lifetime = TimeSpan.FromHours(12);

    private const string KeyFile = "development-issuer.pem";

    // The library caches by key; one that was disposed with its host must not come back with the next.
    private static readonly CryptoProviderFactory Uncached = new() { CacheSignatureProviders = false };

    private readonly JsonWebTokenHandler _handler = new() { SetDefaultTimesOnTokenCreation = false };
    private readonly ECDsa _key;
    private readonly TimeProvider _time;

    public DevelopmentIssuer(KeyRecoveryOptions options, TimeProvider time)
    {
        _time = time;
        DataDirectories.CreatePrivate(options.DataDirectory);
        _key = ReadOrMake(Path.Combine(options.DataDirectory, KeyFile));
    }

    /// <summary>What verifies the tokens.</summary>
    public SecurityKey PublicKey =>
        new ECDsaSecurityKey(ECDsa.Create(_key.ExportParameters(includePrivateParameters: false)))
        {
            CryptoProviderFactory = Uncached,
        };

    /// <summary>The app that exists when no other is configured.</summary>
    public static AppOptions DemoApp() => new() { Id = "demo", Issuer = Name, Audience = "demo" };

    /// <summary>The operator that an app of this issuer has when none is configured, with every scope.</summary>
    public static OperatorOptions OperatorOf(AppOptions app) => new()
    {
        App = app.Id, Issuer = Name, Audience = $"{app.Audience}-operators", Scopes = [.. OperatorScopes.Words],
    };

    /// <summary>A token of an app for a user, or with a scope one for an operator.</summary>
    public string Mint(TokenSourceOptions app, string subject, string? scope = null)
    {
        var claims = new Dictionary<string, object> { [JwtRegisteredClaimNames.Sub] = subject };
        if (scope is not null) claims["scope"] = scope;
        var now = _time.GetUtcNow();
        return _handler.CreateToken(new SecurityTokenDescriptor
        {
            Issuer = Name,
            Audience = app.Audience,
            IssuedAt = now.UtcDateTime,
            NotBefore = now.UtcDateTime,
            Expires = (now + Lifetime).UtcDateTime,
            Claims = claims,
            SigningCredentials = new SigningCredentials(new ECDsaSecurityKey(_key), SecurityAlgorithms.EcdsaSha256)
            {
                CryptoProviderFactory = Uncached,
            },
        });
    }

    public void Dispose() => _key.Dispose();

    private static ECDsa ReadOrMake(string path)
    {
        var key = ECDsa.Create(ECCurve.NamedCurves.nistP256);
        if (File.Exists(path))
        {
            key.ImportFromPem(File.ReadAllText(path));
            return key;
        }

        var settings = new FileStreamOptions { Mode = FileMode.CreateNew, Access = FileAccess.Write };
        if (!OperatingSystem.IsWindows()) settings.UnixCreateMode = UnixFileMode.UserRead | UnixFileMode.UserWrite;
        using var writer = new StreamWriter(path, settings);
        writer.Write(key.ExportPkcs8PrivateKeyPem());
        return key;
    }
}
