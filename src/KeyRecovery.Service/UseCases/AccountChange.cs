using System.Collections.Immutable;
using KeyRecovery.Protocol.Vault;
using KeyRecovery.Service.Accounts;
using KeyRecovery.Service.Clocks;
using KeyRecovery.Service.Operations;
using KeyRecovery.Service.Stores;

namespace KeyRecovery.Service.UseCases;

/// <summary>What the rules have accepted: a creation, a commit or a repair, as the writer needs it.</summary>
internal sealed record AccountChange
{
    /// <summary>The account's key row.</summary>
    public required RowKey KeyRowKey { get; init; }

    /// <summary>The account row as it was read; null where there is none.</summary>
    public Row? Stored { get; init; }

    /// <summary>What stands in it.</summary>
    public AccountState? Before { get; init; }

    /// <summary>The current manifest's row as it was read; null where there is none.</summary>
    public Row? ManifestBefore { get; init; }

    /// <summary>What stands in it.</summary>
    public ManifestRow? ManifestNow { get; init; }

    /// <summary>What the log and the account's activity call it.</summary>
    public required AuditEvent Event { get; init; }

    /// <summary>From which network it comes; empty where nobody knows.</summary>
    public required string Network { get; init; }

    /// <summary>Who signed it.</summary>
    public required AuthorityId Signer { get; init; }

    /// <summary>Who makes it; null for a repair.</summary>
    public ChangeAuthor? By { get; init; }

    /// <summary>
    /// The state after it: what the rules say of heads and authorities. Names and counters are the writer's.
    /// </summary>
    public required AccountState Next { get; init; }

    /// <summary>The links that come behind those that the account has.</summary>
    public ImmutableArray<SignedChainLink> Links { get; init; } = [];

    /// <summary>The keysets that its links bring to the newest epoch.</summary>
    public ImmutableArray<Keyset> Keysets { get; init; } = [];

    /// <summary>The new manifest.</summary>
    public required SignedManifest Manifest { get; init; }

    /// <summary>
    /// A repair's manifests between the one that the account has, or the first, and the one that it brings: as many of
    /// the newest as its maker knows, the newest last.
    /// </summary>
    public ImmutableArray<Hash256> Between { get; init; } = [];

    /// <summary>The trail on which its manifests follow, where it is not all of the account's.</summary>
    public Trail? TrailBefore { get; init; }

    /// <summary>
    /// Whether a repair comes in the place of a state from which no trail leads to it: then that is kept as a point.
    /// </summary>
    public bool Replaces { get; init; }

    /// <summary>Whether its chain does not go on from the account's: then nothing that stands on that stays.</summary>
    public bool ReplacesChain { get; init; }

    /// <summary>Whether it comes with a claim, which stands in the key row before it.</summary>
    public bool IsClaimed { get; init; }

    /// <summary>The items that it changes.</summary>
    public ImmutableArray<ItemChange> Changes { get; init; } = [];

    /// <summary>Sealed items that came along, by their hash.</summary>
    public IReadOnlyDictionary<Hash256, ReadOnlyMemory<byte>> Inline { get; init; } =
        new Dictionary<Hash256, ReadOnlyMemory<byte>>();

    /// <summary>Whether items may be missing, which a repair's client stores afterwards.</summary>
    public bool MayLackItems { get; init; }

    /// <summary>The slots that its links add.</summary>
    public IReadOnlyCollection<AuthorityId> Slots =>
        [.. Links.SelectMany(l => SlotClaims.Of(l.Link)).Where(Next.Authorities.ContainsKey)];
}

/// <summary>Who makes a change: with a link, the link's signer.</summary>
/// <param name="Authority">As the account knew it before.</param>
/// <param name="Writer">The same for the origin of what it writes.</param>
internal sealed record ChangeAuthor(AccountAuthority Authority, ItemWriter Writer)
{
    public static ChangeAuthor Of(AccountAuthority authority, Moment now) =>
        new(authority, new ItemWriter(authority.Id, authority.IsYoung(now)));
}

/// <summary>What came of writing a change.</summary>
internal abstract record WriteStep
{
    private WriteStep() { }

    /// <summary>It is committed: this stands in the account row.</summary>
    public sealed record Committed(AccountState State) : WriteStep;

    /// <summary>
    /// Somebody else has written meanwhile, or room had to be made: read the account anew and plan again.
    /// </summary>
    public sealed record Again : WriteStep;

    /// <summary>It was not done.</summary>
    public sealed record Failed(Errors.ServiceFailure Failure) : WriteStep;
}
