using System.Collections.Immutable;
using KeyRecovery.Protocol.Primitives;
using KeyRecovery.Protocol.Wire;

namespace KeyRecovery.Protocol.Vault;

/// <summary>
/// The keyset of the current epoch: the sum of those that its links brought (docs/protocol.md §4). Nobody leaves within
/// an epoch, so it has one entry for each active authority, and each is provably of a link's signer.
/// </summary>
public sealed class EpochKeyset
{
    private EpochKeyset(ImmutableArray<Keyset> parts, ImmutableArray<EpochSeal> seals) =>
        (Parts, Seals) = (parts, seals);

    /// <summary>The keysets, in the order of the links that brought them.</summary>
    public ImmutableArray<Keyset> Parts { get; }

    /// <summary>One seal for each active authority, ascending by id.</summary>
    public ImmutableArray<EpochSeal> Seals { get; }

    /// <summary>Checks keysets against the links of the newest epoch, and joins them.</summary>
    /// <param name="head">The chain's head.</param>
    /// <param name="links">What the links of its epoch say.</param>
    /// <param name="parts">The keysets, in the order of the links.</param>
    /// <returns>The sum and no fault, or null and why.</returns>
    public static (EpochKeyset? Sum, ProtocolFault Fault) Join(
        ChainHead head, ImmutableArray<EpochSeals> links, ImmutableArray<Keyset> parts)
    {
        if (parts.Length != links.Length) return (null, ProtocolFault.KeysetMembers);
        var seals = ImmutableArray.CreateBuilder<EpochSeal>();
        for (var i = 0; i < parts.Length; i++)
        {
            var brought = links[i];
            var fault = parts[i].Check(head, brought.KeysetHash, brought.Members);
            if (fault != ProtocolFault.None) return (null, fault);
            seals.AddRange(parts[i].Entries.Select(entry => new EpochSeal(entry, brought.Signer)));
        }

        return (new EpochKeyset(parts, [.. seals.OrderBy(s => s.Entry.Id)]), ProtocolFault.None);
    }

    /// <summary>Opens an own seal and checks the key against <paramref name="commit"/>.</summary>
    /// <returns>The key and no fault, or null and why.</returns>
    public (EpochKey? Key, ProtocolFault Fault) Open(AuthorityId own, KemPrivateKey kemKey, Hash256 commit)
    {
        var entry = Find(own)?.Entry;
        if (entry is null) return (null, ProtocolFault.KeysetMembers);
        var key = EpochKey.OpenSeal(Parts[0].Account, Parts[0].Epoch, own, kemKey, entry.Seal.Span);
        if (key is null) return (null, ProtocolFault.OwnSeal);
        if (key.Commit == commit) return (key, ProtocolFault.None);
        key.Dispose();
        return (null, ProtocolFault.EpochCommit);
    }

    /// <summary>The seal to an authority, or null.</summary>
    public EpochSeal? Find(AuthorityId id) => Seals.FirstOrDefault(s => s.Entry.Id == id);

    /// <summary>
    /// Recomputes every seal. An authority whose seal differs could not recover: it is reported today and mended by a
    /// link that begins an epoch, instead of being found out when the phone has drowned.
    /// </summary>
    /// <returns>The seals that are bad, with who made them; empty where all is well.</returns>
    public ImmutableArray<EpochSeal> FindBadSeals(EpochKey key) =>
        [.. Seals.Where(s => !key.SealTo(s.Entry.Id, s.Entry.KemKey).AsSpan().SequenceEqual(s.Entry.Seal.Span))];
}
