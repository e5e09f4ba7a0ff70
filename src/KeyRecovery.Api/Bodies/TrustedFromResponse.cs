using System.ComponentModel;

namespace KeyRecovery.Api.Bodies;

/// <summary>From when an authority may remove older ones.</summary>
internal sealed record TrustedFromResponse(
    [property: Description("The authority.")] string Id, [property: Description("Unix seconds.")] ulong At);
