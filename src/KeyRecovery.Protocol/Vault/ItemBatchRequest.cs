using System.Collections.Immutable;
using KeyRecovery.Protocol.Primitives;
using KeyRecovery.Protocol.Wire;

namespace KeyRecovery.Protocol.Vault;

/// <summary>Which sealed items are asked for at once (docs/protocol.md §7).</summary>
/// <param name="Hashes">Their hashes, 1 to 1,024.</param>
public sealed record ItemBatchRequest(ImmutableArray<Hash256> Hashes)
{
    /// <summary>The most bytes of a request.</summary>
    public const int MaxSize = 64 + Limits.Items * (Hash256.Size + 2);

    /// <summary>The bytes of the request's body.</summary>
    public byte[] Encode()
    {
        var writer = new CborOut().Array(3).Text(Labels.ItemBatchRequest).UInt(FormatVersion.Current)
            .Array(Hashes.Length);
        foreach (var hash in Hashes) writer.Bytes(hash);
        return writer.ToArray();
    }

    /// <summary>Reads a request.</summary>
    /// <exception cref="WireFormatException">Not a request.</exception>
    /// <exception cref="UpgradeRequiredException">A version that this program does not know.</exception>
    public static ItemBatchRequest Decode(ReadOnlyMemory<byte> body)
    {
        var reader = new CborIn(body);
        reader.Structure(Labels.ItemBatchRequest, 3);
        var hashes = ImmutableArray.CreateBuilder<Hash256>(reader.Array(1, Limits.Items));
        for (var left = hashes.Capacity; left > 0; left--) hashes.Add(reader.Hash());
        reader.End();
        return new ItemBatchRequest(hashes.MoveToImmutable());
    }
}
