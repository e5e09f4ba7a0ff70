namespace KeyRecovery.Api.RateLimiting;

/// <summary>Marks a route that no rate limit counts: health, which the operator's own probes ask.</summary>
internal sealed record Unlimited;
