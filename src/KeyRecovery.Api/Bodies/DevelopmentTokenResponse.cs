namespace KeyRecovery.Api.Bodies;

/// <summary>A development token.</summary>
/// <param name="Token">For <c>Authorization: Bearer</c>.</param>
/// <param name="ExpiresInMs">How long it holds, in milliseconds.</param>
internal sealed record DevelopmentTokenResponse(string Token, long ExpiresInMs);
