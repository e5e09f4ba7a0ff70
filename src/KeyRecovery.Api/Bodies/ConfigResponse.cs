using System.ComponentModel;

namespace KeyRecovery.Api.Bodies;

/// <summary>What <c>GET /v1/config</c> tells.</summary>
internal sealed record ConfigResponse
{
    [Description("The version of this API: v1.")]
    public required string ApiVersion { get; init; }

    [Description("The server's clock, in Unix seconds.")]
    public required long ServerTime { get; init; }

    [Description("Every limit of the format.")]
    public required ConfigLimits Limits { get; init; }

    [Description("The policy of the app that the query names; absent when it names none.")]
    public ConfigPolicy? Policy { get; init; }
}
