using System.Collections.Immutable;
using KeyRecovery.Protocol.Primitives;
using KeyRecovery.Protocol.Wire;

namespace KeyRecovery.Protocol.Vault;

/// <summary>What a client gives back to a server that lost it (docs/protocol.md §7).</summary>
/// <param name="Links">The whole chain from link 0.</param>
/// <param name="Keysets">Those of its newest epoch, in the order of the links that brought them.</param>
/// <param name="Manifest">The newest manifest.</param>
public sealed record RepairBundle(
    ImmutableArray<SignedChainLink> Links, ImmutableArray<Keyset> Keysets, SignedManifest Manifest)
{
    private const int Fields = 8;

    /// <summary>The newest head that its maker has of this home; null where it has none.</summary>
    public SignedHead? Head { get; init; }

    /// <summary>
    /// The trail of the first manifest that <see cref="Between"/> names; without one, the manifest's own.
    /// </summary>
    public Hash256 Trail { get; init; }

    /// <summary>
    /// The hashes of the manifests before it, as many of the newest as its maker knows; the last one is the manifest's
    /// <c>prev</c>.
    /// </summary>
    public ImmutableArray<Hash256> Between { get; init; } = [];

    /// <summary>The bytes of the request's body.</summary>
    public byte[] Encode()
    {
        var writer = new CborOut().Array(Fields).Text(Labels.Repair).UInt(FormatVersion.Current).Array(Links.Length);
        foreach (var link in Links) writer.Bytes(link.Bytes.Span);
        writer.Array(Keysets.Length);
        foreach (var keyset in Keysets) writer.Bytes(keyset.Bytes.Span);
        writer.Bytes(Manifest.Bytes.Span).Bytes(Head is null ? default : Head.Bytes.Span).Bytes(Trail)
            .Array(Between.Length);
        foreach (var hash in Between) writer.Bytes(hash);
        return writer.ToArray();
    }

    /// <summary>Reads a repair and its parts. Checks shapes only.</summary>
    /// <exception cref="WireFormatException">Not a repair.</exception>
    /// <exception cref="UpgradeRequiredException">A version or kind that this program does not know.</exception>
    public static RepairBundle Decode(ReadOnlyMemory<byte> body)
    {
        var (links, keysets, manifest, head, trail, between) = ReadParts(body);
        return new RepairBundle(
            [.. links.Select(link => WireFormatException.In("links", link, SignedChainLink.Decode))],
            [.. keysets.Select(keyset => WireFormatException.In("keyset", keyset, Keyset.Decode))],
            WireFormatException.In("manifest", manifest, SignedManifest.Decode))
        {
            Head = head.IsEmpty ? null : WireFormatException.In("head", head, SignedHead.Decode),
            Trail = trail,
            Between = between,
        };
    }

    /// <summary>Finds the parts, in their sizes, and decodes none.</summary>
    internal static (ImmutableArray<ReadOnlyMemory<byte>> Links, ImmutableArray<ReadOnlyMemory<byte>> Keysets,
        ReadOnlyMemory<byte> Manifest, ReadOnlyMemory<byte> Head, Hash256 Trail, ImmutableArray<Hash256> Between)
        ReadParts(
            ReadOnlyMemory<byte> body)
    {
        var reader = new CborIn(body);
        reader.Structure(Labels.Repair, Fields);
        var links = VaultBundle.ReadLinks(reader, 1, Limits.Links);
        var keysets = VaultBundle.ReadKeysets(reader);
        var manifest = reader.BytesView(1, Limits.CommitBytes);
        var head = reader.BytesView(0, SignedHead.MaxSize);
        var trail = reader.Hash();
        var between = VaultBundle.ReadHashes(reader);
        reader.End();
        return (links, keysets, manifest, head, trail, between);
    }
}
