using KeyRecovery.Api.Options;
using Microsoft.IdentityModel.Tokens;

namespace KeyRecovery.Api.Auth;

/// <summary>Where an app's verification keys come from.</summary>
internal abstract class IssuerKeys
{
    /// <summary>The keys; null when they cannot be had at the moment.</summary>
    public abstract ValueTask<KeySet?> GetAsync(CancellationToken cancellation);

    /// <summary>
    /// Keys that were asked for after <paramref name="seen"/> were, for a token that none of those verifies: the issuer
    /// may have a new one. Null when they cannot be had at the moment.
    /// </summary>
    public abstract ValueTask<KeySet?> GetNewerAsync(KeySet seen, CancellationToken cancellation);

    /// <summary>Keys that stand in the settings or in a file; null where the file holds none.</summary>
    public static IssuerKeys? Given(TokenSourceOptions source, DevelopmentIssuer? development)
    {
        var keys = development is not null && source.Issuer == DevelopmentIssuer.Name ? [development.PublicKey]
            : source.Jwks is not null ? SigningKeys.TryRead(source.Jwks)
            : SigningKeys.TryReadFile(source.KeyFile!);
        return keys is null ? null : new Fixed(keys);
    }

    private sealed class Fixed(IReadOnlyList<SecurityKey> keys) : IssuerKeys
    {
        // Nobody has newer ones: they change when the settings are read anew.
        private readonly KeySet _keys = new(keys, long.MaxValue);

        public override ValueTask<KeySet?> GetAsync(CancellationToken cancellation) => new(_keys);

        public override ValueTask<KeySet?> GetNewerAsync(KeySet seen, CancellationToken cancellation) => new(_keys);
    }
}
