using System.Collections.Immutable;
using KeyRecovery.Protocol.Primitives;
using KeyRecovery.Protocol.Wire;

namespace KeyRecovery.Protocol.Vault;

/// <summary>What a client gives back to a server that lost it (docs/protocol.md §7).</summary>
/// <param name="Links">The whole chain from link 0.</param>
/// <param name="Keyset">The keyset of its head.</param>
/// <param name="Manifest">The newest manifest.</param>
public sealed record RepairBundle(ImmutableArray<SignedChainLink> Links, Keyset Keyset, SignedManifest Manifest)
{
    /// <summary>The bytes of the request's body.</summary>
    public byte[] Encode()
    {
        var writer = new CborOut().Array(5).Text(Labels.Repair).UInt(FormatVersion.Current).Array(Links.Length);
        foreach (var link in Links) writer.Bytes(link.Bytes.Span);
        return writer.Bytes(Keyset.Bytes.Span).Bytes(Manifest.Bytes.Span).ToArray();
    }

    /// <summary>Reads a repair and its parts. Checks shapes only.</summary>
    /// <exception cref="WireFormatException">Not a repair.</exception>
    /// <exception cref="UpgradeRequiredException">A version or kind that this program does not know.</exception>
    public static RepairBundle Decode(ReadOnlyMemory<byte> body)
    {
        var parts = new List<ReadOnlyMemory<byte>>();
        var (keyset, manifest) = ReadParts(body, parts);
        return new RepairBundle(
            [.. parts.Select(link => WireFormatException.In("links", link, SignedChainLink.Decode))],
            WireFormatException.In("keyset", keyset, Keyset.Decode),
            WireFormatException.In("manifest", manifest, SignedManifest.Decode));
    }

    /// <summary>Finds the parts, in their sizes, and decodes none.</summary>
    internal static (ReadOnlyMemory<byte> Keyset, ReadOnlyMemory<byte> Manifest) ReadParts(
        ReadOnlyMemory<byte> body, List<ReadOnlyMemory<byte>> links)
    {
        var reader = new CborIn(body);
        reader.Array(5);
        reader.Label(Labels.Repair);
        FormatVersion.Read(reader);
        for (var count = reader.Array(1, Limits.MaxLinks); count > 0; count--)
            links.Add(reader.BytesView(1, Limits.SignedLinkBytes));
        var keyset = reader.BytesView(1, Limits.KeysetBytes);
        var manifest = reader.BytesView(1, Limits.CommitBytes);
        reader.End();
        return (keyset, manifest);
    }
}
