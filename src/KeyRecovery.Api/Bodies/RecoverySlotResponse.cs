using System.ComponentModel;

namespace KeyRecovery.Api.Bodies;

/// <summary>A passphrase slot.</summary>
/// <param name="Id">The slot.</param>
/// <param name="SigningKey">Its Ed25519 key.</param>
/// <param name="Parameters">Its public parameters (docs/protocol.md §14.2).</param>
internal sealed record RecoverySlotResponse(
    [property: Description("The slot.")] string Id,
    [property: Description("Its Ed25519 key, which the right passphrase derives.")] string SigningKey,
    [property: Description("Its public parameters: docs/protocol.md, section 14.2.")] string Parameters);
