using KeyRecovery.Api.Options;
using Microsoft.IdentityModel.Protocols;
using Microsoft.IdentityModel.Protocols.OpenIdConnect;
using Microsoft.IdentityModel.Tokens;

namespace KeyRecovery.Api.Auth;

/// <summary>Where an app's verification keys come from.</summary>
internal abstract class IssuerKeys
{
    private static readonly TimeSpan FetchTimeout = TimeSpan.FromSeconds(10);

    /// <summary>The keys; null when they cannot be had at the moment.</summary>
    public abstract ValueTask<IReadOnlyList<SecurityKey>?> GetAsync(CancellationToken cancellation);

    /// <summary>Says that a token names a key which is not among them: the issuer may have a new one.</summary>
    public virtual void RequestRefresh() { }

    public static IssuerKeys Of(TokenSourceOptions app, DevelopmentIssuer? development)
    {
        if (development is not null && app.Issuer == DevelopmentIssuer.Name)
            return new Fixed(() => [development.PublicKey]);
        if (app.Jwks is not null) return new Fixed(() => SigningKeys.TryRead(app.Jwks)!);
        if (app.KeyFile is not null) return new Fixed(() => SigningKeys.TryReadFile(app.KeyFile)!);
        if (app.JwksUrl is not null)
            return new Fetched<JsonWebKeySet>(app.JwksUrl, new JwksRetriever(), set => SigningKeys.Usable(set.Keys));
        return new Fetched<OpenIdConnectConfiguration>(
            app.Authority!.TrimEnd('/') + "/.well-known/openid-configuration",
            new OpenIdConnectConfigurationRetriever(),
            provider => SigningKeys.Usable(provider.JsonWebKeySet?.Keys ?? []));
    }

    private sealed class Fixed(Func<IReadOnlyList<SecurityKey>> read) : IssuerKeys
    {
        private readonly Lazy<IReadOnlyList<SecurityKey>> _keys = new(read);

        public override ValueTask<IReadOnlyList<SecurityKey>?> GetAsync(CancellationToken cancellation) =>
            new(_keys.Value);
    }

    private sealed class Fetched<T>(
        string address, IConfigurationRetriever<T> retriever, Func<T, IReadOnlyList<SecurityKey>> keys)
        : IssuerKeys
        where T : class
    {
        private readonly ConfigurationManager<T> _manager = new(address, retriever, new HttpDocumentRetriever(Client())
        {
            RequireHttps = !new Uri(address).IsLoopback,
        });

        public override async ValueTask<IReadOnlyList<SecurityKey>?> GetAsync(CancellationToken cancellation)
        {
            try
            {
                return keys(await _manager.GetConfigurationAsync(cancellation));
            }
            catch (InvalidOperationException)
            {
                return null;
            }
        }

        public override void RequestRefresh() => _manager.RequestRefresh();

        private static HttpClient Client() => new(new SocketsHttpHandler { AllowAutoRedirect = false })
        {
            Timeout = FetchTimeout,
            MaxResponseContentBufferSize = 1024 * 1024,
        };
    }

    private sealed class JwksRetriever : IConfigurationRetriever<JsonWebKeySet>
    {
        public async Task<JsonWebKeySet> GetConfigurationAsync(
            string address, IDocumentRetriever retriever, CancellationToken cancel) =>
            new(await retriever.GetDocumentAsync(address, cancel));
    }
}
