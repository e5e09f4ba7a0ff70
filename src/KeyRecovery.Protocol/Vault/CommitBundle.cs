using System.Collections.Immutable;
using KeyRecovery.Protocol.Primitives;
using KeyRecovery.Protocol.Wire;

namespace KeyRecovery.Protocol.Vault;

/// <summary>
/// One commit as it travels: at most one link with its keyset, the next manifest, small items (docs/protocol.md §7).
/// </summary>
/// <param name="Link">The link, or null.</param>
/// <param name="Keyset">The link's keyset; null exactly where there is no link.</param>
/// <param name="Manifest">The next manifest.</param>
/// <param name="Items">Sealed items that entries of the manifest name.</param>
public sealed record CommitBundle(
    SignedChainLink? Link, Keyset? Keyset, SignedManifest Manifest, ImmutableArray<ReadOnlyMemory<byte>> Items)
{
    private const int Fields = 7;

    /// <summary>
    /// In an undo to a manifest that the server may not have any more, from the sender's own kept vault: that manifest;
    /// else null.
    /// </summary>
    public SignedManifest? Base { get; init; }

    /// <summary>The bytes of the request's body.</summary>
    public byte[] Encode()
    {
        var writer = new CborOut().Array(Fields).Text(Labels.Commit).UInt(FormatVersion.Current)
            .Bytes(Link is null ? default : Link.Bytes.Span)
            .Bytes(Keyset is null ? default : Keyset.Bytes.Span)
            .Bytes(Manifest.Bytes.Span).Bytes(Base is null ? default : Base.Bytes.Span).Array(Items.Length);
        foreach (var item in Items) writer.Bytes(item.Span);
        return writer.ToArray();
    }

    /// <summary>Reads a commit and its parts. Checks shapes and sizes only.</summary>
    /// <exception cref="WireFormatException">Not a commit.</exception>
    /// <exception cref="UpgradeRequiredException">A version or kind that this program does not know.</exception>
    public static CommitBundle Decode(ReadOnlyMemory<byte> body)
    {
        var reader = new CborIn(body);
        reader.Structure(Labels.Commit, Fields);
        var link = reader.BytesView(0, Limits.SignedLinkBytes);
        var keyset = reader.BytesView(0, Limits.KeysetBytes);
        var manifest = reader.BytesView(1, Limits.CommitBytes);
        var undoneTo = reader.BytesView(0, Limits.CommitBytes);
        var items = ReadItems(reader);
        reader.End();
        WireFormatException.Require(link.IsEmpty == keyset.IsEmpty, "a link and its keyset come together");
        WireFormatException.Require(
            link.Length + keyset.Length + manifest.Length <= Limits.CommitBytes,
            "link, keyset and manifest have at most 262,144 bytes");
        return new CommitBundle(
            link.IsEmpty ? null : WireFormatException.In("link", link, SignedChainLink.Decode),
            keyset.IsEmpty ? null : WireFormatException.In("keyset", keyset, Vault.Keyset.Decode),
            WireFormatException.In("manifest", manifest, SignedManifest.Decode), items)
        {
            Base = undoneTo.IsEmpty ? null : WireFormatException.In("base", undoneTo, SignedManifest.Decode),
        };
    }

    private static ImmutableArray<ReadOnlyMemory<byte>> ReadItems(CborIn reader)
    {
        var count = reader.Array(0, Limits.InlineItemsBytes / SealedItem.MinSize);
        var items = ImmutableArray.CreateBuilder<ReadOnlyMemory<byte>>(count);
        var total = 0;
        for (var i = 0; i < count; i++)
        {
            var item = reader.BytesView(SealedItem.MinSize, SealedItem.MaxSizeOf(Limits.InlineItemBytes));
            total += item.Length;
            items.Add(item);
        }
        WireFormatException.Require(total <= Limits.InlineItemsBytes, "items in a commit have at most 262,144 bytes");
        return items.MoveToImmutable();
    }
}
