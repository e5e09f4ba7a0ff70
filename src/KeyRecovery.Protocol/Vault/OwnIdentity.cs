namespace KeyRecovery.Protocol.Vault;

/// <summary>
/// Who reads a vault: the link that added this id under this key makes the history before it authentic.
/// </summary>
/// <param name="Id">The own device or slot.</param>
/// <param name="SigningKey">The own Ed25519 key.</param>
public sealed record OwnIdentity(AuthorityId Id, VerifyKey SigningKey);
