namespace KeyRecovery.Api.Bodies;

/// <summary>A JWK Set (RFC 7517 §5), the newest key first.</summary>
internal sealed record JwksResponse(IReadOnlyList<JwkResponse> Keys);

/// <summary>A public key of P-256 (RFC 7518 §6.2.1); <c>kid</c> is its thumbprint (RFC 7638).</summary>
internal sealed record JwkResponse(string Kty, string Crv, string Use, string Alg, string Kid, string X, string Y);
