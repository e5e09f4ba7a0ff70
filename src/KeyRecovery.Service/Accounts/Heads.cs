using System.Collections.Immutable;
using KeyRecovery.Protocol.Vault;

namespace KeyRecovery.Service.Accounts;

/// <summary>Where an account stands: what a commit answers and a conflict shows.</summary>
/// <param name="Account">The account.</param>
/// <param name="Chain">The newest link.</param>
/// <param name="ManifestVersion">The current manifest's version.</param>
/// <param name="ManifestHash">The current manifest's hash: the name of this state.</param>
/// <param name="SignedHead">The head as this server has signed it.</param>
/// <param name="TrustedFrom">Until when each active authority is young, in seconds since 1970.</param>
/// <param name="Claims">The newest signed claims of restores, the oldest first.</param>
public sealed record Heads(
    AccountId Account, ChainPlace Chain, ulong ManifestVersion, Hash256 ManifestHash, ReadOnlyMemory<byte> SignedHead,
    ImmutableSortedDictionary<AuthorityId, ulong> TrustedFrom, ImmutableArray<ReadOnlyMemory<byte>> Claims);
