namespace KeyRecovery.Protocol.Vault;

/// <summary>
/// What a restored server does not have as it was known (docs/protocol.md §7, Claim): the vault that was known is kept,
/// and told to the person.
/// </summary>
/// <param name="Claim">The home's claim that counts against it.</param>
/// <param name="Fault">What it would be without a claim.</param>
/// <param name="Known">The vault that was known.</param>
public sealed record RestoreConflict(SignedClaim Claim, ProtocolFault Fault, VerifiedVault Known);
