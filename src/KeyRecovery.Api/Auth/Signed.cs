namespace KeyRecovery.Api.Auth;

/// <summary>
/// Marks a route that takes signed requests only; its handler may then ask for a <see cref="SignedRequest"/>.
/// </summary>
internal sealed record Signed;
