namespace KeyRecovery.Protocol.Realms;

/// <summary>An active authority as a realm knows it.</summary>
/// <param name="Id">Its id.</param>
/// <param name="Kind">Device or kind of slot.</param>
/// <param name="SigningKey">Its Ed25519 key.</param>
/// <param name="KnownSince">When the realm first saw it, in seconds since 1970 by the realm's clock.</param>
public sealed record RealmAuthority(AuthorityId Id, AuthorityKind Kind, VerifyKey SigningKey, ulong KnownSince);
