using System.Collections.Immutable;

namespace KeyRecovery.Protocol.Vault;

/// <summary>
/// A valid sigchain with its whole history, as a reader keeps it (docs/protocol.md §3). Immutable: each link makes a
/// new value, so a chain that exists is one whose every link obeyed every rule.
/// </summary>
public sealed class Chain
{
    internal Chain(
        SignedChainLink head, ChainHead current, ImmutableArray<EpochStart> epochs, ImmutableArray<EpochSeals> seals,
        ImmutableSortedDictionary<AuthorityId, ChainAuthority> authorities, ImmutableArray<Hash256> hashes)
    {
        Head = head;
        Current = current;
        Epochs = epochs;
        Seals = seals;
        Authorities = authorities;
        Hashes = hashes;
    }

    /// <summary>The newest link.</summary>
    public SignedChainLink Head { get; }

    /// <summary>What the rules of the next link look at.</summary>
    public ChainHead Current { get; }

    /// <summary>The account.</summary>
    public AccountId Account => Current.Account;

    /// <summary>The newest link's place.</summary>
    public ChainPlace Place => Current.Place;

    /// <summary>The current epoch, from 1.</summary>
    public ulong Epoch => Current.Epoch;

    /// <summary>Every epoch so far, the first at index 0.</summary>
    public ImmutableArray<EpochStart> Epochs { get; }

    /// <summary>The keysets of the newest epoch, in the order of the links that brought them.</summary>
    public ImmutableArray<EpochSeals> Seals { get; }

    /// <summary>Everybody who ever stood in the chain, ascending by id.</summary>
    public ImmutableSortedDictionary<AuthorityId, ChainAuthority> Authorities { get; }

    /// <summary>Who may act now, ascending by id.</summary>
    public IEnumerable<ChainAuthority> Active => Current.Active.Keys.Select(id => Authorities[id]);

    /// <summary>The newest link that removed somebody.</summary>
    public ChainPlace? LastRemoval => Current.LastRemoval;

    /// <summary>The hash of every link, by sequence number.</summary>
    public ImmutableArray<Hash256> Hashes { get; }

    /// <summary>Whether the link at <paramref name="place"/> is in this chain.</summary>
    public bool Contains(ChainPlace place) =>
        place.Sequence < (ulong)Hashes.Length && Hashes[(int)place.Sequence] == place.Hash;

    /// <summary>The active authority of that id, or null.</summary>
    public ChainAuthority? FindActive(AuthorityId id) => Current.Active.ContainsKey(id) ? Authorities[id] : null;

    /// <summary>Begins a chain with link 0.</summary>
    /// <param name="appId">The verifier's own app id: another app's beginning is refused.</param>
    /// <param name="link">Link 0.</param>
    public static ChainStep Start(string appId, SignedChainLink link) => Start(appId, [link]);

    /// <summary>Begins a chain with all these links: the signatures are verified on every core.</summary>
    /// <returns>The chain, or the fault of the first link that has one; no link at all is a dropped one.</returns>
    public static ChainStep Start(string appId, IReadOnlyList<SignedChainLink> links) =>
        new ChainBuilder(appId).Verify(links);

    /// <summary>Adds the next link, checking every rule and signature.</summary>
    public ChainStep Append(SignedChainLink link) => Append([link]);

    /// <summary>Adds the next links, checking every rule, and the signatures on every core.</summary>
    /// <returns>The chain, or the fault of the first link that has one.</returns>
    public ChainStep Append(IReadOnlyList<SignedChainLink> links) =>
        links.Count == 0 ? new ChainStep.Ok(this) : new ChainBuilder(this).Verify(links);

    /// <summary>
    /// Reads a chain without verifying signatures: for links that this program verified before and kept sealed, where
    /// nobody else writes. The rules are checked.
    /// </summary>
    public static ChainStep Replay(string appId, IReadOnlyList<SignedChainLink> links) =>
        new ChainBuilder(appId).Replay(links);
}

/// <summary>An active authority, as the rules of the next link look at it.</summary>
/// <param name="Id">Its id.</param>
/// <param name="Kind">Device or kind of slot.</param>
/// <param name="SigningKey">Its Ed25519 key.</param>
/// <param name="KemKeyHash">SHA-256 of its X-Wing key.</param>
/// <param name="MaxFormat">The highest format version that it reads, at least 1.</param>
/// <param name="AddedAt">The sequence number of the link that added it.</param>
/// <param name="LastEpochBegun">The newest epoch that it began; 0 where it began none.</param>
public sealed record ActiveAuthority(
    AuthorityId Id, AuthorityKind Kind, VerifyKey SigningKey, Hash256 KemKeyHash, ulong MaxFormat, ulong AddedAt,
    ulong LastEpochBegun)
{
    /// <summary>Whether it is a recovery slot and not a device.</summary>
    public bool IsSlot => Kind != AuthorityKind.Device;

    internal static ActiveAuthority Of(NewAuthority added, ulong addedAt) =>
        new(added.Id, added.Kind, added.SigningKey, added.KemKeyHash, added.MaxFormat, addedAt, 0);
}

/// <summary>An authority as the chain knows it.</summary>
/// <param name="Entry">As its link added it.</param>
/// <param name="AddedAt">The link that added it.</param>
/// <param name="AddedBy">Who signed that link.</param>
/// <param name="AddedTime">The time that link tells, in seconds since 1970.</param>
/// <param name="RemovedAt">The link that removed it; null while it is active.</param>
public sealed record ChainAuthority(
    NewAuthority Entry, ulong AddedAt, AuthorityId AddedBy, ulong AddedTime, ulong? RemovedAt)
{
    /// <summary>Its id.</summary>
    public AuthorityId Id => Entry.Id;

    /// <summary>Its kind.</summary>
    public AuthorityKind Kind => Entry.Kind;

    /// <summary>Its Ed25519 key.</summary>
    public VerifyKey SigningKey => Entry.SigningKey;

    /// <summary>Whether it is a recovery slot and not a device.</summary>
    public bool IsSlot => Entry.Kind != AuthorityKind.Device;

    /// <summary>Whether it may act.</summary>
    public bool IsActive => RemovedAt is null;

    /// <summary>Whether it might act after a link of the chain.</summary>
    /// <param name="sequence">The link's.</param>
    public bool WasActiveAt(ulong sequence) => AddedAt <= sequence && !(RemovedAt <= sequence);
}

/// <summary>A link's place in its chain: what pins everything before it.</summary>
/// <param name="Sequence">From 0.</param>
/// <param name="Hash">SHA-256 of the link's body.</param>
public readonly record struct ChainPlace(ulong Sequence, Hash256 Hash);
