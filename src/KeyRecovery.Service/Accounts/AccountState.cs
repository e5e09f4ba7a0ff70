using System.Collections.Immutable;
using KeyRecovery.Protocol.Vault;

namespace KeyRecovery.Service.Accounts;

/// <summary>
/// The account row: heads, active authorities, counters, and the names of all else that the account has. Writing it is
/// a commit's commit point; what it does not lead to is not there.
/// </summary>
public sealed record AccountState
{
    /// <summary>How many removed devices are remembered, so that they hear that they were removed.</summary>
    public const int RememberedDevices = 64;

    /// <summary>The account.</summary>
    public required AccountId Account { get; init; }

    /// <summary>The app user that it belongs to.</summary>
    public required AppUser User { get; init; }

    /// <summary>The newest link.</summary>
    public required ChainPlace Chain { get; init; }

    /// <summary>The newest chunk of links.</summary>
    public required Hash256 LinkChunk { get; init; }

    /// <summary>The signed links together, in bytes.</summary>
    public long ChainBytes { get; init; }

    /// <summary>The current epoch, and those whose keys it leads to.</summary>
    public required EpochPath Path { get; init; }

    /// <summary>The commitment to the current epoch's key.</summary>
    public required Hash256 EpochCommit { get; init; }

    /// <summary>SHA-256 of each keyset of the current epoch, in the order of the links that brought them.</summary>
    public required ImmutableArray<Hash256> Keysets { get; init; }

    /// <summary>The current manifest's version.</summary>
    public required ulong ManifestVersion { get; init; }

    /// <summary>The current manifest's hash.</summary>
    public required Hash256 ManifestHash { get; init; }

    /// <summary>What the current manifest commits to of all those before it.</summary>
    public Hash256 ManifestTrail { get; init; }

    /// <summary>
    /// The head as this server has signed it (docs/protocol.md §7): it stands in the row, so it leaves the server only
    /// where the commit came to pass.
    /// </summary>
    public ReadOnlyMemory<byte> SignedHead { get; init; }

    /// <summary>Who may act.</summary>
    public required ImmutableSortedDictionary<AuthorityId, AccountAuthority> Authorities { get; init; }

    /// <summary>Every id and key that the chain has used.</summary>
    public required UsedNames Used { get; init; }

    /// <summary>The devices that were removed, the newest last, at most 64.</summary>
    public ImmutableArray<(AuthorityId Id, VerifyKey Key)> Removed { get; init; } = [];

    /// <summary>The newest link that removed somebody.</summary>
    public ChainPlace? LastRemoval { get; init; }

    /// <summary>States that the account can go back to, the oldest first.</summary>
    public ImmutableArray<RestorePointEntry> Points { get; init; } = [];

    /// <summary>Rows that go before the newest removal is answered.</summary>
    public ImmutableArray<DoomedRow> Doomed { get; init; } = [];

    /// <summary>What it was granted on the newest day.</summary>
    public DayCounts Counts { get; init; }

    /// <summary>The manifests before and the current one.</summary>
    public Trail Trail { get; init; }

    /// <summary>Items that no manifest names yet, the oldest first.</summary>
    public ImmutableArray<StagedItem> Staged { get; init; } = [];

    /// <summary>The sealed sizes of the current items together, in bytes. Exact.</summary>
    public long LiveBytes { get; init; }

    /// <summary>
    /// The sealed sizes of the older versions that are kept, in bytes. Never too low: it is lowered only by a recount.
    /// </summary>
    public long KeptBytes { get; init; }

    /// <summary>The newest restore of data under which the row was opened; null where there was none.</summary>
    public RestoreMark? Opened { get; init; }

    /// <summary>That it was restored; null from the next link of a trusted signer on.</summary>
    public AccountRestore? Restored { get; init; }

    /// <summary>The remembered link that the chain does not have, found when the row was opened first.</summary>
    public ChainPlace? Lacks { get; init; }

    /// <summary>
    /// The remembered link in whose place the chain came by the way back: the key row is to follow.
    /// </summary>
    public ChainPlace? Supersedes { get; init; }

    /// <summary>The newest signed claims of restores, the oldest first; at most 16.</summary>
    public ImmutableArray<ReadOnlyMemory<byte>> Claims { get; init; } = [];

    /// <summary>Versions of manifests whose hashes are not known, the oldest first; at most 16.</summary>
    public ImmutableArray<ManifestGap> Gaps { get; init; } = [];

    /// <summary>What was done to it.</summary>
    public ActivityList Activity { get; init; }

    /// <summary>The sealed sizes of the staged items together, in bytes. Exact.</summary>
    public long StagedBytes => Staged.Sum(s => s.Size);

    /// <summary>The sealed sizes of all that it keeps, in bytes: current, older and staged items.</summary>
    public long StoredBytes => LiveBytes + KeptBytes + StagedBytes;

    /// <summary>What is told to clients.</summary>
    public Heads Heads => new(
        Account, Chain, ManifestVersion, ManifestHash, SignedHead,
        Authorities.ToImmutableSortedDictionary(a => a.Key, a => a.Value.TrustedFrom), Claims);

    /// <summary>What the rules of the next link look at.</summary>
    public ChainHead Head => ChainHead.Resume(
        Account, Chain, Path, EpochCommit, Keysets,
        Authorities.ToImmutableSortedDictionary(a => a.Key, a => a.Value.ToActive()), Used, LastRemoval);

    /// <summary>
    /// The state after a commit: a link of somebody trusted ends what a restore allows.
    /// </summary>
    internal AccountState AfterCommit(bool byTrustedLink) => this with
    {
        Restored = byTrustedLink || Restored is null ? null : Restored with { HasCommits = true },
    };

    /// <summary>The state with a chain that has gone on.</summary>
    internal AccountState With(ChainHead head, ImmutableSortedDictionary<AuthorityId, AccountAuthority> authorities) =>
        this with
        {
            Chain = head.Place,
            Path = head.Path,
            EpochCommit = head.EpochCommit,
            Keysets = head.Keysets,
            Authorities = authorities,
            Used = head.Used,
            LastRemoval = head.LastRemoval,
        };
}
