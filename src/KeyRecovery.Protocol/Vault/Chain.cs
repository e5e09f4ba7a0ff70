using System.Collections.Immutable;
using KeyRecovery.Protocol.Wire;

namespace KeyRecovery.Protocol.Vault;

/// <summary>
/// A valid sigchain with its whole history, as a reader keeps it (docs/protocol.md §3). Immutable: each link makes a new
/// value, so a chain that exists is one whose every link obeyed every rule.
/// </summary>
public sealed class Chain
{
    private Chain(
        SignedLink head, ChainHead current, ImmutableArray<EpochStart> epochs,
        ImmutableSortedDictionary<AuthorityId, ChainAuthority> authorities, ImmutableArray<Hash256> hashes)
    {
        Head = head;
        Current = current;
        Epochs = epochs;
        Authorities = authorities;
        Hashes = hashes;
    }

    /// <summary>The newest link.</summary>
    public SignedLink Head { get; }

    /// <summary>What the rules of the next link look at.</summary>
    public ChainHead Current { get; }

    /// <summary>The account.</summary>
    public AccountId Account => Current.Account;

    /// <summary>The newest link's place.</summary>
    public LinkPlace Place => Current.Place;

    /// <summary>The current epoch, from 1.</summary>
    public ulong Epoch => Current.Epoch;

    /// <summary>Every epoch so far, the first at index 0.</summary>
    public ImmutableArray<EpochStart> Epochs { get; }

    /// <summary>Everybody who ever stood in the chain, ascending by id.</summary>
    public ImmutableSortedDictionary<AuthorityId, ChainAuthority> Authorities { get; }

    /// <summary>Who may act now, ascending by id.</summary>
    public IEnumerable<ChainAuthority> Active => Current.Active.Keys.Select(id => Authorities[id]);

    /// <summary>The newest link that removed somebody.</summary>
    public LinkPlace? LastRemoval => Current.LastRemoval;

    /// <summary>The hash of every link, by sequence number.</summary>
    public ImmutableArray<Hash256> Hashes { get; }

    /// <summary>Whether the link at <paramref name="place"/> is in this chain.</summary>
    public bool Contains(LinkPlace place) =>
        place.Sequence < (ulong)Hashes.Length && Hashes[(int)place.Sequence] == place.Hash;

    /// <summary>The active authority of that id, or null.</summary>
    public ChainAuthority? FindActive(AuthorityId id) => Current.Active.ContainsKey(id) ? Authorities[id] : null;

    /// <summary>Begins a chain with link 0.</summary>
    /// <param name="appId">The verifier's own app id: another app's beginning is refused.</param>
    /// <param name="link">Link 0.</param>
    public static ChainStep Start(string appId, SignedLink link) => Step(null, link, ChainHead.Start(appId, link));

    /// <summary>Adds the next link, checking every rule and signature.</summary>
    public ChainStep Append(SignedLink link) => Step(this, link, Current.Append(link));

    /// <summary>
    /// Reads a chain without checking it: for links that this program has verified before and kept sealed, where nobody
    /// else writes.
    /// </summary>
    /// <exception cref="WireFormatException">There is no link.</exception>
    public static Chain Replay(IEnumerable<SignedLink> links)
    {
        Chain? chain = null;
        var rules = new ChainRules(null);
        foreach (var link in links)
        {
            rules.Trust(link);
            chain = Extend(chain, link, rules.Head);
        }
        return chain ?? throw new WireFormatException("a chain has a link");
    }

    private static ChainStep Step(Chain? before, SignedLink link, ChainHeadStep step) => step switch
    {
        ChainHeadStep.Ok ok => new ChainStep.Ok(Extend(before, link, ok.Head)),
        ChainHeadStep.Refused refused => new ChainStep.Refused(refused.Fault),
        _ => throw new InvalidOperationException("there is no third step"),
    };

    private static Chain Extend(Chain? before, SignedLink link, ChainHead head)
    {
        var body = link.Link;
        var epochs = before?.Epochs ?? [];
        if (body.Epoch != (ulong)epochs.Length)
            epochs = epochs.Add(new EpochStart(body.Epoch, body.EpochCommit, body.PreviousEpochKey));
        var authorities = (before?.Authorities ?? ImmutableSortedDictionary<AuthorityId, ChainAuthority>.Empty).ToBuilder();
        foreach (var id in body.Remove) authorities[id] = authorities[id] with { RemovedAt = body.Sequence };
        foreach (var added in body.Add)
            authorities.Add(added.Id, new ChainAuthority(added, body.Sequence, body.Signer, body.Time, null));
        return new Chain(link, head, epochs, authorities.ToImmutable(), (before?.Hashes ?? []).Add(link.Hash));
    }
}
