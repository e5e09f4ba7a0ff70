using System.Collections.Immutable;
using KeyRecovery.Protocol.Vault;
using KeyRecovery.Protocol.Wire;

namespace KeyRecovery.Testing;

/// <summary>What a server holds of an account after one commit, and may serve as it likes.</summary>
/// <param name="Links">The chain.</param>
/// <param name="Keyset">Its keyset.</param>
/// <param name="Manifest">The newest manifest.</param>
public sealed record ServedVault(ImmutableArray<SignedChainLink> Links, Keyset Keyset, SignedManifest Manifest)
{
    /// <summary>The account.</summary>
    public AccountId Account => Links[0].Link.Account;

    /// <summary>The honest answer.</summary>
    /// <param name="first">The first link to tell.</param>
    public VaultBundle Tell(int first = 0) => new(
        Account, (ulong)first, [.. Links.Skip(first).Select(l => l.Bytes)], Keyset.Bytes, Manifest.Bytes,
        ImmutableSortedDictionary<AuthorityId, ulong>.Empty);

    /// <summary>
    /// The same with another link at its end, or in place of the one that stands at its sequence number.
    /// </summary>
    public ServedVault With(SignedChainLink link) =>
        this with {
            Links = [.. Links.Take((int)link.Link.Sequence), link, .. Links.Skip((int)link.Link.Sequence + 1)],
        };
}
