using System.Security.Cryptography;
using KeyRecovery.Service.Stores;

namespace KeyRecovery.Service.Erasure;

/// <summary>What stands for an erased account in the list beside the stores (<see cref="ITombstones"/>).</summary>
internal static class TombstoneName
{
    public static Hash256 Of(ReadOnlyMemory<byte> fenceKey, RowKey keyRow) =>
        new(HMACSHA256.HashData(fenceKey.Span, keyRow.Id.Span));
}
