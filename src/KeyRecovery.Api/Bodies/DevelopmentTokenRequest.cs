namespace KeyRecovery.Api.Bodies;

/// <summary>Whom a development token is for.</summary>
/// <param name="Subject">1 to 256 bytes of UTF-8.</param>
/// <param name="App">An app of the development issuer. Default: the first.</param>
/// <param name="Scope">Makes it an operator's token, with this scope.</param>
internal sealed record DevelopmentTokenRequest(string? Subject = null, string? App = null, string? Scope = null);
