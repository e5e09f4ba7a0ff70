namespace KeyRecovery.Api.Auth;

/// <summary>Says of a route, for its description, that it takes an app token.</summary>
internal sealed record NeedsToken;
