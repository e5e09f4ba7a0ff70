using System.Collections.Immutable;
using KeyRecovery.Protocol.Wire;

namespace KeyRecovery.Protocol.Vault;

/// <summary>What a link of the newest epoch says of the keyset that it brings.</summary>
/// <param name="KeysetHash">SHA-256 of the keyset.</param>
/// <param name="Signer">Who signed the link, and so made the seals.</param>
/// <param name="Members">To whom it seals, ascending.</param>
public sealed record EpochSeals(Hash256 KeysetHash, AuthorityId Signer, ImmutableArray<AuthorityId> Members)
{
    /// <summary>
    /// What the newest epoch's links say after one more: whoever begins an epoch seals its key to all, whoever stays in
    /// it to those that it adds.
    /// </summary>
    /// <param name="before">Of the links before; empty before link 0.</param>
    /// <param name="link">The link, which was checked.</param>
    /// <param name="head">The head with it.</param>
    public static ImmutableArray<EpochSeals> After(
        ImmutableArray<EpochSeals> before, ChainLink link, ChainHead head) =>
        After(before, link, head.Active.Keys);

    internal static ImmutableArray<EpochSeals> After(
        ImmutableArray<EpochSeals> before, ChainLink link, IEnumerable<AuthorityId> active) => link.BeginsEpoch
        ? [new EpochSeals(link.KeysetHash, link.Signer, [.. active])]
        : before.Add(new EpochSeals(link.KeysetHash, link.Signer, [.. link.Add.Select(a => a.Id)]));
}
