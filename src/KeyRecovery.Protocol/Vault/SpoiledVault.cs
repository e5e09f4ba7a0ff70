namespace KeyRecovery.Protocol.Vault;

/// <summary>
/// A vault that verifies and does not open: no server can make one so, only an authority of the account.
/// </summary>
/// <param name="Vault">The vault.</param>
/// <param name="Fault">What does not open.</param>
/// <param name="By">Who made it so.</param>
public sealed record SpoiledVault(VerifiedVault Vault, ProtocolFault Fault, AuthorityId By);
