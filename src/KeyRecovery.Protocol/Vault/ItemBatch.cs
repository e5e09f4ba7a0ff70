using System.Collections.Immutable;
using KeyRecovery.Protocol.Primitives;
using KeyRecovery.Protocol.Wire;

namespace KeyRecovery.Protocol.Vault;

/// <summary>The answer to an <see cref="ItemBatchRequest"/> (docs/protocol.md §7).</summary>
/// <param name="Items">
/// The first of the items asked for, in that order, at least one and 4 MiB together; an empty one is not there.
/// </param>
public sealed record ItemBatch(ImmutableArray<ReadOnlyMemory<byte>> Items)
{
    /// <summary>The bytes of the answer's body.</summary>
    public byte[] Encode()
    {
        var writer = new CborOut().Array(3).Text(Labels.ItemBatch).UInt(FormatVersion.Current).Array(Items.Length);
        foreach (var item in Items) writer.Bytes(item.Span);
        return writer.ToArray();
    }

    /// <summary>Reads an answer. Checks sizes only: each item is its hash's, or none.</summary>
    /// <exception cref="WireFormatException">Not such an answer.</exception>
    /// <exception cref="UpgradeRequiredException">A version that this program does not know.</exception>
    public static ItemBatch Decode(ReadOnlyMemory<byte> body)
    {
        var reader = new CborIn(body);
        reader.Structure(Labels.ItemBatch, 3);
        var items = ImmutableArray.CreateBuilder<ReadOnlyMemory<byte>>(reader.Array(1, Limits.Items));
        var bytes = 0L;
        for (var left = items.Capacity; left > 0; left--)
        {
            var item = reader.BytesView(0, SealedItem.MaxSizeOf(Limits.MaxItemBytes));
            bytes += item.Length;
            items.Add(item);
        }

        reader.End();
        WireFormatException.Require(bytes <= Limits.ItemBatchBytes, "items in an answer have at most 4 MiB");
        return new ItemBatch(items.MoveToImmutable());
    }
}
