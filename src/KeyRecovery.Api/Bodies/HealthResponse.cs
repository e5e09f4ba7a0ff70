namespace KeyRecovery.Api.Bodies;

/// <summary>The server is well.</summary>
/// <param name="Status"><c>ok</c>.</param>
internal sealed record HealthResponse(string Status)
{
    public static readonly HealthResponse Ok = new("ok");
}
