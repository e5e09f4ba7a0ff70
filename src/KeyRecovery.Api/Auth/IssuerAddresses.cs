using System.Collections.Concurrent;
using System.Text.Json;
using KeyRecovery.Api.Options;
using KeyRecovery.Api.Telemetry;
using Microsoft.IdentityModel.Protocols;
using Microsoft.IdentityModel.Protocols.OpenIdConnect;
using Microsoft.IdentityModel.Tokens;

namespace KeyRecovery.Api.Auth;

/// <summary>
/// The keys of each address that any source names, once: many apps of one issuer fetch as one, and what was fetched
/// outlives a change of the settings.
/// </summary>
internal sealed class IssuerAddresses(TimeProvider time, TokenLog log)
{
    // No redirect: the settings name who is trusted.
    private static readonly HttpClient Http = new(new SocketsHttpHandler
    {
        AllowAutoRedirect = false,
        PooledConnectionLifetime = TimeSpan.FromMinutes(2),
    })
    {
        MaxResponseContentBufferSize = 1024 * 1024,
    };

    private readonly ConcurrentDictionary<(string Address, bool IsProvider), FetchedKeys> _known = new();

    /// <summary>All of them.</summary>
    public ICollection<FetchedKeys> All => _known.Values;

    /// <summary>The keys of a source that names an address; null for one that names none.</summary>
    public FetchedKeys? Of(TokenSourceOptions source) => AddressOf(source) is { } key
        ? _known.GetOrAdd(key, Make)
        : null;

    /// <summary>Forgets what no source names any more.</summary>
    public void Keep(IEnumerable<TokenSourceOptions> sources)
    {
        var named = sources.Select(AddressOf).ToHashSet();
        foreach (var key in _known.Keys.Where(key => !named.Contains(key))) _known.TryRemove(key, out _);
    }

    private static (string Address, bool IsProvider)? AddressOf(TokenSourceOptions source) =>
        source.JwksUrl is { } jwks ? (jwks, false)
        : source.Authority is { } authority
            ? (authority.TrimEnd('/') + "/.well-known/openid-configuration", true) : null;

    private FetchedKeys Make((string Address, bool IsProvider) key)
    {
        var uri = new Uri(key.Address);
        var documents = new HttpDocumentRetriever(Http) { RequireHttps = !uri.IsLoopback };
        var shown = uri.GetLeftPart(UriPartial.Path);
        return new FetchedKeys(
            async ct => SigningKeys.Usable(
                key.IsProvider ? await OfProviderAsync(key.Address, documents, ct)
                    : Read(await documents.GetDocumentAsync(key.Address, ct))),
            time,
            failure =>
            {
                if (failure is null) log.IssuerBack(shown);
                else log.IssuerDown(shown, FailureWords.Of(failure) ?? failure.GetType().Name);
            });
    }

    private static async Task<IEnumerable<SecurityKey>> OfProviderAsync(
        string address, HttpDocumentRetriever documents, CancellationToken ct)
    {
        var provider = OpenIdConnectConfiguration.Create(await documents.GetDocumentAsync(address, ct));
        return Read(await documents.GetDocumentAsync(
            provider.JwksUri ?? throw new JsonException("no jwks_uri"), ct));
    }

    // A page that says that the issuer is away is no set without keys.
    private static IEnumerable<SecurityKey> Read(string text)
    {
        using var json = JsonDocument.Parse(text);
        return json.RootElement.ValueKind == JsonValueKind.Object
            && json.RootElement.TryGetProperty("keys", out var keys) && keys.ValueKind == JsonValueKind.Array
                ? new JsonWebKeySet(text).Keys
                : throw new JsonException("no JWK Set");
    }
}
