using System.Collections.Immutable;
using KeyRecovery.Protocol.Vault;
using KeyRecovery.Protocol.Wire;

namespace KeyRecovery.Service.UseCases;

/// <summary>An item that was stored ahead of the commit that names it.</summary>
internal sealed record StagedItem(Hash256 Hash, long Size, ulong At);

/// <summary>The staged items of an account: at most 64 and 16 MiB, until the sweep (docs/protocol.md §11).</summary>
internal static class StagedItems
{
    private const string RowLabel = "staging-row";

    public static bool Fits(ImmutableArray<StagedItem> staged, long size) =>
        staged.Length < Limits.StagedItems && staged.Sum(s => s.Size) + size <= Limits.StagedBytes;

    public static byte[] Encode(ImmutableArray<StagedItem> staged)
    {
        var writer = new CborOut().Array(2).Text(RowLabel).Array(staged.Length);
        foreach (var item in staged) writer.Array(3).Bytes(item.Hash).UInt((ulong)item.Size).UInt(item.At);
        return writer.ToArray();
    }

    public static ImmutableArray<StagedItem> Decode(ReadOnlyMemory<byte> row)
    {
        var reader = new CborIn(row);
        reader.Array(2);
        reader.Label(RowLabel);
        var count = reader.Array(0, Limits.StagedItems);
        var staged = ImmutableArray.CreateBuilder<StagedItem>(count);
        for (var i = 0; i < count; i++)
        {
            reader.Array(3);
            staged.Add(new StagedItem(reader.Hash(), (long)reader.UInt(), reader.UInt()));
        }
        reader.End();
        return staged.MoveToImmutable();
    }
}
