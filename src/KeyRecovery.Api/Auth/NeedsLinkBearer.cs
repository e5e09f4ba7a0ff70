namespace KeyRecovery.Api.Auth;

/// <summary>Marks, for the OpenAPI document, a route of one side of a link session.</summary>
internal sealed record NeedsLinkBearer;
