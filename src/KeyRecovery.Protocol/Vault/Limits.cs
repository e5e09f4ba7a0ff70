using KeyRecovery.Protocol.Primitives;

namespace KeyRecovery.Protocol.Vault;

/// <summary>
/// Every cap of the protocol in one table (docs/protocol.md §11). A server tells them by <c>GET /v1/config</c>.
/// </summary>
public static class Limits
{
    /// <summary>Authorities active at once: a keyset grows with each, 2.4 KB a piece.</summary>
    public const int Authorities = 32;

    /// <summary>Authorities that one link adds.</summary>
    public const int AddedInLink = 4;

    /// <summary>Authorities that link 0 adds: its device and the slots beside it.</summary>
    public const int AddedInLink0 = 8;

    /// <summary>Authorities that a chain ever adds.</summary>
    public const int AuthoritiesEver = 512;

    /// <summary>Links in a chain: a reader replays them all.</summary>
    public const int Links = 4096;

    /// <summary>The signed links of a chain together, in bytes.</summary>
    public const int ChainBytes = 4 * 1024 * 1024;

    /// <summary>Links that a server accepts in one day (UTC) unless they remove as many as they add.</summary>
    public const int LinksPerDay = 64;

    /// <summary>Ids and keys that a chain can ever have used.</summary>
    public const int UsedNames = Vault.UsedNames.PerAuthority * AuthoritiesEver;

    /// <summary>Authorities that a server lets links add in one day (UTC).</summary>
    public const int AdditionsPerDay = 16;

    /// <summary>A name of an item or a device, in bytes of UTF-8.</summary>
    public const int NameBytes = 64;

    /// <summary>An app id, in characters of <c>a-z 0-9 . -</c>.</summary>
    public const int AppIdLength = 64;

    /// <summary>Items in a manifest.</summary>
    public const int Items = 1024;

    /// <summary>Content of one item in bytes, unless the app's policy says otherwise.</summary>
    public const int ItemBytes = 256 * 1024;

    /// <summary>The highest that a policy may set for <see cref="ItemBytes"/>.</summary>
    public const int MaxItemBytes = 1024 * 1024;

    /// <summary>Content of an item that may travel inside a commit, in bytes.</summary>
    public const int InlineItemBytes = 16 * 1024;

    /// <summary>All sealed items inside one commit, in bytes.</summary>
    public const int InlineItemsBytes = 256 * 1024;

    /// <summary>
    /// The most bytes of sealed items in one answer to who asks for many; a single one always fits.
    /// </summary>
    public const int ItemBatchBytes = 4 * 1024 * 1024;

    /// <summary>
    /// Link, keyset and manifest of one commit together, in bytes; the base of an undo has as many for itself.
    /// </summary>
    public const int CommitBytes = 256 * 1024;

    /// <summary>A commit's whole body: its parts and their framing, in bytes.</summary>
    public const int CommitBodyBytes = 2 * CommitBytes + InlineItemsBytes + 8 * 1024;

    /// <summary>The sealed sizes of an account's current items together, in bytes.</summary>
    public const long AccountBytes = 16L * 1024 * 1024;

    /// <summary>The sealed sizes of an account's older versions together, in bytes; the oldest go first.</summary>
    public const long KeptBytes = 16L * 1024 * 1024;

    /// <summary>Old versions kept of an item.</summary>
    public const int OldVersions = 10;

    /// <summary>How long an old version is kept, in days.</summary>
    public const int OldVersionDays = 30;

    /// <summary>Items stored ahead of the commit that names them.</summary>
    public const int StagedItems = 64;

    /// <summary>Sealed bytes stored ahead of the commit that names them.</summary>
    public const long StagedBytes = 16L * 1024 * 1024;

    /// <summary>How long a staged item waits for its commit, in hours.</summary>
    public const int StagedHours = 24;

    /// <summary>Hashes of manifests in one answer.</summary>
    public const int TrailPage = 65_536;

    /// <summary>Hashes of manifests that a client keeps, the newest.</summary>
    public const int TrailRemembered = 4096;

    /// <summary>Hashes of manifests that a server keeps, the newest.</summary>
    public const int TrailKept = 1 << 20;

    /// <summary>Claims of restores that are kept and told, the newest.</summary>
    public const int Claims = 16;

    /// <summary>Gaps in an account's trail that are kept.</summary>
    public const int Gaps = 16;

    /// <summary>
    /// How long after a restore an authority that only a repair tells may sign one, and the way back opens, in seconds:
    /// 72 hours.
    /// </summary>
    public const ulong RestoreWaitSeconds = 72 * 60 * 60;

    /// <summary>Versions that one restore point names: as many as there is room to keep.</summary>
    public const int NamedVersions = (int)(KeptBytes / SealedItem.MinSize);

    /// <summary>A slot's public parameters in a link, in bytes.</summary>
    public const int ParameterBytes = 1024;

    /// <summary>A signed link, in bytes.</summary>
    public const int SignedLinkBytes = 64 * 1024;

    /// <summary>A manifest's sealed part, in bytes.</summary>
    public const int PrivateBytes = 128 * 1024;

    /// <summary>A repair: a whole chain with keyset and manifest, in bytes.</summary>
    public const int RepairBytes = 4 * 1024 * 1024 + 512 * 1024;

    /// <summary>The largest keyset, in bytes.</summary>
    public const int KeysetBytes = Authorities * (KemPublicKey.Size + Hpke.Overhead + EpochKey.Size + 32) + 128;
}
