using KeyRecovery.Protocol.Wire;

namespace KeyRecovery.Protocol.Vault;

/// <summary>A seal of the current epoch's key.</summary>
/// <param name="Entry">To whom, and the seal.</param>
/// <param name="MadeBy">Who signed the link that brought it.</param>
public sealed record EpochSeal(KeysetEntry Entry, AuthorityId MadeBy);
