using System.ComponentModel;

namespace KeyRecovery.Api.Bodies;

/// <summary>A link session, opened or claimed.</summary>
/// <param name="ExpiresInMs">How long it goes on from now.</param>
internal sealed record LinkSessionResponse(
    [property: Description("Milliseconds for which the session goes on from now.")] long ExpiresInMs)
{
    public static LinkSessionResponse Of(TimeSpan left) => new((long)left.TotalMilliseconds);
}
