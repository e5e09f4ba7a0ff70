namespace KeyRecovery.Service.UseCases;

/// <summary>A passphrase slot as its link made it.</summary>
/// <param name="Id">The slot.</param>
/// <param name="SigningKey">Its Ed25519 key, which the right passphrase derives.</param>
/// <param name="Parameters">Its public parameters (docs/protocol.md §14.2).</param>
public sealed record PassphraseSlotEntry(AuthorityId Id, VerifyKey SigningKey, ReadOnlyMemory<byte> Parameters);
