using KeyRecovery.Protocol.Oprf;

namespace KeyRecovery.Protocol.Realms;

/// <summary>
/// What a realm tells of a slot beside how its guesses stand (docs/protocol.md §14.4).
/// </summary>
/// <param name="Count">The account's count here: a command names it, and raises it by one.</param>
/// <param name="ShareKey">The share's public key.</param>
/// <param name="SigningKey">The slot's Ed25519 key. If it is not what the home tells, one of both lies.</param>
/// <param name="Heads">What the realm witnesses of the account.</param>
public sealed record RealmSlotTold(ulong Count, OprfElement ShareKey, VerifyKey SigningKey, RealmHeads Heads);
