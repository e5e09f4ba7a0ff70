using System.ComponentModel;

namespace KeyRecovery.Api.Bodies;

/// <summary>A legal hold that is to end.</summary>
internal sealed record ReleaseRequest
{
    [Description("The hold's reference.")]
    public required string Reference { get; init; }

    /// <inheritdoc/>
    public override string ToString() => nameof(ReleaseRequest);
}
