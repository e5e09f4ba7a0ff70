using KeyRecovery.Protocol.Oprf;

namespace KeyRecovery.Protocol.Passphrases;

/// <summary>One realm of a slot, with the public half of its share.</summary>
/// <param name="Realm">The realm's fingerprint.</param>
/// <param name="ShareKey">Its share's public key, against which its proofs are checked.</param>
public sealed record RealmShare(Hash256 Realm, OprfElement ShareKey);
