namespace KeyRecovery.Cli.Commands;

/// <summary>A token of the development issuer.</summary>
/// <param name="Token">For <c>Authorization: Bearer</c>.</param>
/// <param name="ExpiresInMs">How long it holds, in milliseconds.</param>
internal sealed record DevelopmentToken(string Token, long ExpiresInMs);
