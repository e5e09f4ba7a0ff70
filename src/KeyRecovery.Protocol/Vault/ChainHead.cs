using System.Collections.Immutable;

namespace KeyRecovery.Protocol.Vault;

/// <summary>
/// All that the rules of the next link look at (docs/protocol.md §3): its size is bounded, whatever the length of the
/// chain. Immutable: each link makes a new value.
/// </summary>
public sealed class ChainHead
{
    internal ChainHead(
        AccountId account, ChainPlace place, EpochPath path, Hash256 epochCommit,
        ImmutableArray<Hash256> keysets, ImmutableSortedDictionary<AuthorityId, ActiveAuthority> active, UsedNames used,
        ChainPlace? lastRemoval)
    {
        Account = account;
        Place = place;
        Path = path;
        EpochCommit = epochCommit;
        Keysets = keysets;
        Active = active;
        Used = used;
        LastRemoval = lastRemoval;
    }

    /// <summary>The account.</summary>
    public AccountId Account { get; }

    /// <summary>The newest link's place.</summary>
    public ChainPlace Place { get; }

    /// <summary>The current epoch, from 1.</summary>
    public ulong Epoch => Path.Newest;

    /// <summary>The epochs whose keys the current one leads to.</summary>
    public EpochPath Path { get; }

    /// <summary>The commitment to the current epoch's key.</summary>
    public Hash256 EpochCommit { get; }

    /// <summary>
    /// SHA-256 of each keyset of the current epoch, in the order of the links that brought them; at most 32.
    /// </summary>
    public ImmutableArray<Hash256> Keysets { get; }

    /// <summary>
    /// Whether the newest link begins an epoch later than the first: each link since would have brought a keyset.
    /// </summary>
    public bool BeginsEpoch => Keysets.Length == 1 && Place.Sequence != 0;

    /// <summary>Who may act now, ascending by id.</summary>
    public ImmutableSortedDictionary<AuthorityId, ActiveAuthority> Active { get; }

    /// <summary>The highest format version that all of them read: nobody writes a higher one (§3).</summary>
    public ulong LowestMaxFormat => Active.Values.Min(a => a.MaxFormat);

    /// <summary>Every id and key that the chain has used.</summary>
    public UsedNames Used { get; }

    /// <summary>The newest link that removed somebody.</summary>
    public ChainPlace? LastRemoval { get; }

    /// <summary>
    /// Goes on from a head that this program verified before and kept sealed, where nobody else writes. Checks nothing.
    /// </summary>
    public static ChainHead Resume(
        AccountId account, ChainPlace place, EpochPath path, Hash256 epochCommit,
        ImmutableArray<Hash256> keysets, ImmutableSortedDictionary<AuthorityId, ActiveAuthority> active, UsedNames used,
        ChainPlace? lastRemoval) =>
        new(account, place, path, epochCommit, keysets, active, used, lastRemoval);

    /// <summary>Begins a chain with link 0.</summary>
    /// <param name="appId">The verifier's own app id: another app's beginning is refused.</param>
    /// <param name="link">Link 0.</param>
    public static ChainHeadStep Start(string appId, SignedChainLink link)
    {
        var rules = new ChainRules(null);
        return Sign(rules, link, rules.Start(appId, link, out var signer), signer);
    }

    /// <summary>Adds the next link, checking every rule, and the signatures last.</summary>
    public ChainHeadStep Append(SignedChainLink link)
    {
        var rules = new ChainRules(this);
        return Sign(rules, link, rules.Append(link, out var signer), signer);
    }

    private static ChainHeadStep Sign(ChainRules rules, SignedChainLink link, ProtocolFault fault, VerifyKey? signer)
    {
        if (signer is not null && fault == ProtocolFault.None) fault = link.CheckSignatures(signer);
        return fault == ProtocolFault.None ? new ChainHeadStep.Ok(rules.Head) : new ChainHeadStep.Refused(fault);
    }
}
