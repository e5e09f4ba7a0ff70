using System.Collections.Immutable;
using KeyRecovery.Protocol.Primitives;
using KeyRecovery.Protocol.Wire;

namespace KeyRecovery.Protocol.Vault;

/// <summary>What a client gives back to a server that lost it (docs/protocol.md §7).</summary>
/// <param name="Links">The whole chain from link 0.</param>
/// <param name="Keyset">The keyset of its head.</param>
/// <param name="Manifest">The newest manifest.</param>
public sealed record RepairBundle(ImmutableArray<SignedLink> Links, Keyset Keyset, SignedManifest Manifest)
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
        var reader = new CborIn(body);
        reader.Array(5);
        reader.Label(Labels.Repair);
        FormatVersion.Read(reader);
        var count = reader.Array(1, Limits.MaxLinks);
        var links = ImmutableArray.CreateBuilder<SignedLink>(count);
        for (var i = 0; i < count; i++) links.Add(WireFormatException.In("links", reader.BytesView(1, Limits.SignedLinkBytes), SignedLink.Decode));
        var keyset = WireFormatException.In("keyset", reader.BytesView(1, Limits.KeysetBytes), Keyset.Decode);
        var manifest = WireFormatException.In("manifest", reader.BytesView(1, Limits.CommitBytes), SignedManifest.Decode);
        reader.End();
        return new RepairBundle(links.MoveToImmutable(), keyset, manifest);
    }
}
