namespace KeyRecovery.Api.Options;

/// <summary>
/// Whose tokens are trusted, and where the keys come from that verify them. Exactly one source of keys is named.
/// </summary>
internal class TokenSourceOptions
{
    /// <summary>The tokens' <c>iss</c>, compared byte for byte; 1 to 256 bytes.</summary>
    public string Issuer { get; set; } = "";

    /// <summary>A value of the tokens' <c>aud</c>, compared byte for byte; 1 to 256 bytes.</summary>
    public string Audience { get; set; } = "";

    /// <summary>Key source: an OpenID provider, whose discovery document names the keys. HTTPS, or loopback.</summary>
    public string? Authority { get; set; }

    /// <summary>Key source: the address of a JWK Set (RFC 7517). HTTPS, or loopback.</summary>
    public string? JwksUrl { get; set; }

    /// <summary>Key source: a JWK Set as text.</summary>
    public string? Jwks { get; set; }

    /// <summary>Key source: a file with a JWK Set, or with one public key as PEM.</summary>
    public string? KeyFile { get; set; }

    /// <summary>Each <c>iss</c> of its tokens.</summary>
    public virtual IEnumerable<string> Issuers => [Issuer];
}
