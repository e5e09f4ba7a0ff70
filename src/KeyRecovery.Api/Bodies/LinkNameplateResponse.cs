using System.ComponentModel;

namespace KeyRecovery.Api.Bodies;

/// <summary>What lies under a nameplate.</summary>
/// <param name="Envelope">The sealed code.</param>
/// <param name="ExpiresInMs">How long the session waits from now.</param>
internal sealed record LinkNameplateResponse(
    [property: Description("The sealed code, 105 bytes, base64url.")] string Envelope,
    [property: Description("Milliseconds for which the session waits from now.")] long ExpiresInMs);
