namespace KeyRecovery.Api.Bodies;

/// <summary>Stands, in the OpenAPI document alone, for a body of bytes that is no JSON.</summary>
internal sealed record Binary;
