using System.Collections.Immutable;
using KeyRecovery.Protocol.Primitives;

namespace KeyRecovery.Protocol.Vault;

/// <summary>What a link is to do.</summary>
/// <param name="Add">Whom it adds, each with the KEM key that the epoch key is sealed to.</param>
/// <param name="Remove">Whom it removes; begins an epoch.</param>
/// <param name="BeginEpoch">Whether to begin an epoch anyway: to mend a keyset.</param>
public sealed record ChainLinkChange(
    ImmutableArray<(NewAuthority Entry, KemPublicKey KemKey)> Add, ImmutableArray<AuthorityId> Remove,
    bool BeginEpoch = false);
