using System.Collections.Immutable;
using KeyRecovery.Protocol.Primitives;
using KeyRecovery.Protocol.Wire;

namespace KeyRecovery.Protocol.Vault;

/// <summary>The body of a manifest: the table of an account's items (docs/protocol.md §5).</summary>
public sealed record Manifest
{
    private const int Fields = 15;

    /// <summary>The account.</summary>
    public required AccountId Account { get; init; }

    /// <summary>From 1, one more with each commit.</summary>
    public required ulong Version { get; init; }

    /// <summary>The hash of the manifest before; the default for version 1.</summary>
    public required Hash256 Previous { get; init; }

    /// <summary>What it commits to of all manifests before it; the default for version 1.</summary>
    public Hash256 Trail { get; init; }

    /// <summary>
    /// In an undo, the manifest to which is returned and whose names and entries are taken up; else null.
    /// </summary>
    public ManifestPlace? Base { get; init; }

    /// <summary>The newest link.</summary>
    public required ChainPlace ChainHead { get; init; }

    /// <summary>The current epoch.</summary>
    public required ulong Epoch { get; init; }

    /// <summary>The items, ascending by id.</summary>
    public ImmutableArray<ManifestItem> Items { get; init; } = [];

    /// <summary>The label of this commit's leaf in the log, 32 bytes.</summary>
    public required Hash256 LeafLabel { get; init; }

    /// <summary>The sealed part, at most 131,072 bytes.</summary>
    public required ReadOnlyMemory<byte> Private { get; init; }

    /// <summary>Who signs.</summary>
    public required AuthorityId Signer { get; init; }

    /// <summary>The entry of an item, or null.</summary>
    public ManifestItem? Find(ItemId id)
    {
        var (low, high) = (0, Items.Length - 1);
        while (low <= high)
        {
            var middle = (low + high) / 2;
            var order = Items[middle].Id.CompareTo(id);
            if (order == 0) return Items[middle];
            if (order < 0) low = middle + 1;
            else high = middle - 1;
        }
        return null;
    }

    /// <summary>
    /// Whether the label of the log's leaf is the one that comes of a label key: of the manifest to which is returned,
    /// else of the one before.
    /// </summary>
    public bool HasLeafLabelOf(SecretBytes labelKey) =>
        LeafLabel == ManifestPrivate.LeafLabel(labelKey, Account, Version);

    /// <summary>The bytes that are signed and hashed.</summary>
    public byte[] Encode()
    {
        var writer = new CborOut().Array(Fields)
            .Text(Labels.Manifest).UInt(FormatVersion.Current)
            .Bytes(Account).UInt(Version).Bytes(Previous).Bytes(Trail)
            .UInt(Base?.Version ?? 0).Bytes(Base is { } place ? place.Hash.ToArray() : [])
            .UInt(ChainHead.Sequence).Bytes(ChainHead.Hash).UInt(Epoch)
            .Array(Items.Length);
        foreach (var item in Items) item.Write(writer);
        return writer.Bytes(LeafLabel).Bytes(Private.Span).Bytes(Signer).ToArray();
    }

    /// <summary>Reads a body. Checks the shape only.</summary>
    /// <exception cref="WireFormatException">Not a manifest.</exception>
    /// <exception cref="UpgradeRequiredException">A version that this program does not know.</exception>
    public static Manifest Decode(ReadOnlyMemory<byte> body)
    {
        var reader = new CborIn(body);
        reader.Structure(Labels.Manifest, Fields);
        var manifest = new Manifest
        {
            Account = reader.Account(),
            Version = reader.UInt(),
            Previous = reader.Hash(),
            Trail = reader.Hash(),
            Base = ReadBase(reader),
            ChainHead = new ChainPlace(reader.UInt(), reader.Hash()),
            Epoch = reader.UInt(),
            Items = ReadItems(reader),
            LeafLabel = reader.Hash(),
            Private = reader.Bytes(SecretBox.Overhead, Limits.PrivateBytes),
            Signer = reader.Authority(),
        };
        reader.End();
        WireFormatException.Require(manifest.Version >= 1, "manifest versions begin at 1");
        WireFormatException.Require(Ascending.Strictly(manifest.Items, i => i.Id), "items are ascending");
        return manifest;
    }

    private static ManifestPlace? ReadBase(CborIn reader)
    {
        var (version, hash) = (reader.UInt(), reader.BytesView(0, Hash256.Size));
        WireFormatException.Require(
            hash.Length == (version == 0 ? 0 : Hash256.Size), "a base has a version and a hash, or neither");
        return version == 0 ? null : new ManifestPlace(version, new Hash256(hash.Span));
    }

    private static ImmutableArray<ManifestItem> ReadItems(CborIn reader)
    {
        var count = reader.Array(0, Limits.Items);
        var items = ImmutableArray.CreateBuilder<ManifestItem>(count);
        for (var i = 0; i < count; i++) items.Add(ManifestItem.Read(reader));
        return items.MoveToImmutable();
    }
}

/// <summary>An item as the manifest names it (docs/protocol.md §5).</summary>
/// <param name="Id">The item.</param>
/// <param name="Version">From 1, one more with each change.</param>
/// <param name="Epoch">The epoch whose key seals this version.</param>
/// <param name="Size">The sealed size in bytes.</param>
/// <param name="Hash">SHA-256 of the sealed bytes.</param>
public sealed record ManifestItem(ItemId Id, ulong Version, ulong Epoch, long Size, Hash256 Hash)
{
    /// <summary>The version of an entry that changes: one above the higher of both.</summary>
    /// <param name="before">Its entry in the manifest before, or null.</param>
    /// <param name="undoneTo">In an undo, its entry in the base, or null.</param>
    public static ulong NextVersion(ManifestItem? before, ManifestItem? undoneTo = null) =>
        Math.Max(before?.Version ?? 0, undoneTo?.Version ?? 0) + 1;

    /// <summary>
    /// What the header of an item that changes names as <c>previous</c>: the hash in the base's entry, else in that of
    /// the manifest before, else the default.
    /// </summary>
    /// <param name="before">Its entry in the manifest before, or null.</param>
    /// <param name="undoneTo">In an undo, its entry in the base, or null.</param>
    public static Hash256 PreviousOf(ManifestItem? before, ManifestItem? undoneTo = null) =>
        (undoneTo ?? before)?.Hash ?? default;

    internal void Write(CborOut writer) =>
        writer.Array(5).Bytes(Id).UInt(Version).UInt(Epoch).UInt((ulong)Size).Bytes(Hash);

    internal static ManifestItem Read(CborIn reader)
    {
        reader.Array(5);
        var item = new ManifestItem(
            reader.Item(), reader.UInt(), reader.UInt(),
            (long)reader.UInt((ulong)SealedItem.MaxSizeOf(Limits.MaxItemBytes)), reader.Hash());
        WireFormatException.Require(item.Version >= 1, "item versions begin at 1");
        return item;
    }

    /// <summary>Checks a sealed item against this entry: its hash, then its header.</summary>
    public ProtocolFault Check(AccountId account, ReadOnlySpan<byte> sealedItem)
    {
        if (sealedItem.Length != Size || Hash256.Of(sealedItem) != Hash) return ProtocolFault.ItemHash;
        return CheckHeader(account, sealedItem);
    }

    /// <summary>Checks the header of a sealed item, whose hash was checked, against this entry.</summary>
    public ProtocolFault CheckHeader(AccountId account, ReadOnlySpan<byte> sealedItem)
    {
        if (sealedItem.Length != Size || sealedItem.Length < SealedItem.MinSize) return ProtocolFault.ItemHash;
        return ItemHeader.TryRead(sealedItem, out var header) && header.Account == account && header.Id == Id
            && header.Version == Version && header.Epoch == Epoch
            ? ProtocolFault.None
            : ProtocolFault.ItemHeader;
    }
}

/// <summary>Which manifest of an account: two of one version are two.</summary>
/// <param name="Version">From 1.</param>
/// <param name="Hash">SHA-256 of its body.</param>
public readonly record struct ManifestPlace(ulong Version, Hash256 Hash);
