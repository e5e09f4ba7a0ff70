using System.Collections.Immutable;
using KeyRecovery.Protocol.Primitives;
using KeyRecovery.Protocol.Wire;

namespace KeyRecovery.Protocol.Vault;

/// <summary>
/// A valid sigchain, read up to its head (docs/protocol.md §3). Immutable: each link makes a new value, so a chain that
/// exists is one whose every link obeyed every rule.
/// </summary>
public sealed class Chain
{
    private readonly ImmutableHashSet<Hash256> _usedKeys;

    private Chain(
        SignedLink head, ImmutableArray<EpochStart> epochs, ImmutableSortedDictionary<AuthorityId, ChainAuthority> authorities,
        ImmutableHashSet<Hash256> usedKeys, LinkPlace? lastRemoval, ImmutableArray<Hash256> hashes)
    {
        Head = head;
        Epochs = epochs;
        Authorities = authorities;
        _usedKeys = usedKeys;
        LastRemoval = lastRemoval;
        Hashes = hashes;
    }

    /// <summary>The newest link.</summary>
    public SignedLink Head { get; }

    /// <summary>The account.</summary>
    public AccountId Account => Head.Link.Account;

    /// <summary>The newest link's place.</summary>
    public LinkPlace Place => new(Head.Link.Sequence, Head.Hash);

    /// <summary>The current epoch, from 1.</summary>
    public ulong Epoch => Head.Link.Epoch;

    /// <summary>Every epoch so far, the first at index 0.</summary>
    public ImmutableArray<EpochStart> Epochs { get; }

    /// <summary>Everybody who ever stood in the chain, ascending by id.</summary>
    public ImmutableSortedDictionary<AuthorityId, ChainAuthority> Authorities { get; }

    /// <summary>Who may act now, ascending by id.</summary>
    public IEnumerable<ChainAuthority> Active => Authorities.Values.Where(a => a.IsActive);

    /// <summary>The newest link that removed somebody.</summary>
    public LinkPlace? LastRemoval { get; }

    /// <summary>The hash of every link, by sequence number.</summary>
    public ImmutableArray<Hash256> Hashes { get; }

    /// <summary>Whether the link at <paramref name="place"/> is in this chain.</summary>
    public bool Contains(LinkPlace place) =>
        place.Sequence < (ulong)Hashes.Length && Hashes[(int)place.Sequence] == place.Hash;

    /// <summary>The active authority of that id, or null.</summary>
    public ChainAuthority? FindActive(AuthorityId id) =>
        Authorities.TryGetValue(id, out var authority) && authority.IsActive ? authority : null;

    /// <summary>Begins a chain with link 0.</summary>
    /// <param name="appId">The verifier's own app id: another app's beginning is refused.</param>
    /// <param name="link">Link 0.</param>
    public static ChainStep Start(string appId, SignedLink link)
    {
        var body = link.Link;
        if (body.Sequence != 0) return Refused(ProtocolFault.DroppedLink);
        var devices = body.Add.Where(a => a.Kind == AuthorityKind.Device).ToList();
        if (devices is not [var device] || AccountIds.Derive(appId, device.SigningKey, device.KemKeyHash, body.Previous) != body.Account)
            return Refused(ProtocolFault.OtherBeginning);
        if (body.Signer != device.Id) return Refused(ProtocolFault.UnknownSigner);
        if (Verify(link, device.SigningKey) is var fault and not ProtocolFault.None) return Refused(fault);
        if (body.Remove.Length != 0) return Refused(ProtocolFault.UnknownRemoval);
        return body.Epoch != 1 || body.PreviousEpochKey.Length != 0
            ? Refused(ProtocolFault.EpochRule)
            : Extend(link, [], ImmutableSortedDictionary<AuthorityId, ChainAuthority>.Empty, [], null, []);
    }

    /// <summary>Adds the next link, checking every rule and signature.</summary>
    public ChainStep Append(SignedLink link)
    {
        var fault = CheckPlace(link.Link);
        if (fault == ProtocolFault.None)
        {
            fault = FindActive(link.Link.Signer) is { } signer
                ? Verify(link, signer.SigningKey)
                : ProtocolFault.UnknownSigner;
        }
        if (fault == ProtocolFault.None) fault = CheckRemovalsAndEpoch(link.Link);
        return fault != ProtocolFault.None
            ? Refused(fault)
            : Extend(link, Epochs, Authorities, _usedKeys, LastRemoval, Hashes);
    }

    /// <summary>
    /// Reads a chain without checking it: for links that this program has verified before and kept sealed, where nobody
    /// else writes.
    /// </summary>
    public static Chain Replay(IEnumerable<SignedLink> links)
    {
        Chain? chain = null;
        foreach (var link in links)
        {
            var step = chain is null
                ? Extend(link, [], ImmutableSortedDictionary<AuthorityId, ChainAuthority>.Empty, [], null, [])
                : Extend(link, chain.Epochs, chain.Authorities, chain._usedKeys, chain.LastRemoval, chain.Hashes);
            chain = ((ChainStep.Ok)step).Chain;
        }
        return chain ?? throw new WireFormatException("a chain has a link");
    }

    private ProtocolFault CheckPlace(Link link)
    {
        if (link.Account != Account) return ProtocolFault.OtherAccount;
        if (link.Sequence != Head.Link.Sequence + 1) return ProtocolFault.DroppedLink;
        return link.Previous == Head.Hash ? ProtocolFault.None : ProtocolFault.BrokenChain;
    }

    private static ProtocolFault Verify(SignedLink link, VerifyKey signer)
    {
        if (!signer.Verify(SignatureLabel.Link, link.Body.Span, link.Signature)) return ProtocolFault.LinkSignature;
        for (var i = 0; i < link.Link.Add.Length; i++)
        {
            var added = link.Link.Add[i];
            if (!added.SigningKey.Verify(SignatureLabel.LinkPossession, link.Body.Span, link.Possession[i]))
                return ProtocolFault.Possession;
        }
        return ProtocolFault.None;
    }

    private ProtocolFault CheckRemovalsAndEpoch(Link link)
    {
        if (link.Remove.Any(id => FindActive(id) is null)) return ProtocolFault.UnknownRemoval;
        if (link.Remove.Contains(link.Signer)) return ProtocolFault.RemovesSigner;

        var begins = link.Epoch == Epoch + 1 && link.PreviousEpochKey.Length == Link.PreviousEpochKeySize;
        var stays = link.Epoch == Epoch && link.PreviousEpochKey.Length == 0 && link.EpochCommit == Head.Link.EpochCommit;
        if (!begins && (!stays || link.Remove.Length != 0)) return ProtocolFault.EpochRule;
        return begins || link.Add.Length != 0 ? ProtocolFault.None : ProtocolFault.NoPurpose;
    }

    private static ChainStep Extend(
        SignedLink link, ImmutableArray<EpochStart> epochs, ImmutableSortedDictionary<AuthorityId, ChainAuthority> authorities,
        ImmutableHashSet<Hash256> usedKeys, LinkPlace? lastRemoval, ImmutableArray<Hash256> hashes)
    {
        var body = link.Link;
        foreach (var added in body.Add)
        {
            var signingKeyHash = Hash256.Of(added.SigningKey.ToArray());
            if (authorities.ContainsKey(added.Id) || usedKeys.Contains(signingKeyHash) || usedKeys.Contains(added.KemKeyHash))
                return Refused(ProtocolFault.Reused);
            usedKeys = usedKeys.Add(signingKeyHash).Add(added.KemKeyHash);
            authorities = authorities.Add(added.Id, new ChainAuthority(added, body.Sequence, body.Signer, body.Time, null));
        }
        foreach (var id in body.Remove)
            authorities = authorities.SetItem(id, authorities[id] with { RemovedAt = body.Sequence });

        var active = authorities.Values.Count(a => a.IsActive);
        if (active > Limits.Authorities) return Refused(ProtocolFault.TooManyAuthorities);

        if (body.Epoch != (ulong)epochs.Length)
            epochs = epochs.Add(new EpochStart(body.Epoch, body.EpochCommit, body.PreviousEpochKey));
        if (body.Remove.Length != 0) lastRemoval = new LinkPlace(body.Sequence, link.Hash);
        return new ChainStep.Ok(new Chain(link, epochs, authorities, usedKeys, lastRemoval, hashes.Add(link.Hash)));
    }

    private static ChainStep.Refused Refused(ProtocolFault fault) => new(fault);
}
