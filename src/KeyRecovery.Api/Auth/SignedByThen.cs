namespace KeyRecovery.Api.Auth;

/// <summary>
/// Marks a route without a body whose signer may be one of the past: its handler verifies the signature itself.
/// </summary>
internal sealed record SignedByThen;
