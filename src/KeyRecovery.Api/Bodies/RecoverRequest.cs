using System.ComponentModel;

namespace KeyRecovery.Api.Bodies;

/// <summary>What a slot may ask for beside the vault.</summary>
internal sealed record RecoverRequest
{
    [Description("Tell the hashes of the manifests from this version on, 65,536 at most.")]
    public ulong? ManifestAfter { get; init; }

    /// <inheritdoc/>
    public override string ToString() => nameof(RecoverRequest);
}
