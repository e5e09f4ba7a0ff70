using System.ComponentModel;

namespace KeyRecovery.Api.Bodies;

/// <summary>A legal hold that is to be placed.</summary>
internal sealed record HoldRequest
{
    [Description("Why: 1 to 512 bytes, without control characters. Operators with the scope read it, nobody else.")]
    public required string Reason { get; init; }

    [Description("The case: 1 to 128 bytes, without control characters. It names this hold for good.")]
    public required string Reference { get; init; }

    /// <inheritdoc/>
    public override string ToString() => nameof(HoldRequest);
}
