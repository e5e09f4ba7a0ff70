using KeyRecovery.Service.Erasure;
using KeyRecovery.Service.Stores;

namespace KeyRecovery.Service.Maintenance;

/// <summary>
/// Data that no key row leads to: nobody opens them. Many at once are no orphans but the sign of a key store that was lost
/// or exchanged, and a brake asks first.
/// </summary>
internal sealed class OrphanAccounts(IDataStore data)
{
    /// <summary>The share of accounts above which it stops and asks: 1 in 1,000.</summary>
    public const int BrakeShare = 1000;

    /// <summary>As many are removed without asking, however few accounts there are.</summary>
    public const int BrakeFloor = 10;

    private static readonly Table[] Tables = [Table.Items, Table.History, Table.Staging, Table.Manifests, Table.Keysets, Table.Links];

    /// <summary>Removes the data of accounts that are not among the living.</summary>
    /// <param name="live">The first 16 bytes of the locator of each account that is.</param>
    /// <param name="before">How old an account's row must be, in seconds since 1970, to the hour.</param>
    /// <param name="expected">As many more are known to be due, and do not pull the brake; null takes the brake off.</param>
    /// <param name="ct">Stops between accounts.</param>
    /// <returns>How many there were, and whether the brake stopped it: then none was removed.</returns>
    public async ValueTask<(int Found, bool Stopped)> RemoveAsync(IReadOnlySet<UInt128> live, ulong before, int? expected, CancellationToken ct)
    {
        var orphans = new List<Row>();
        await foreach (var row in data.ScanAsync(Table.Accounts, ReadOnlyMemory<byte>.Empty, ct))
        {
            if (live.Contains(Locator(row.Key.Id.Span)) || !IsOld(row, before)) continue;
            // What an erasure left on purpose has served its time; it is no orphan, and does not pull the brake.
            if (AccountFence.Is(row)) await data.WriteAsync([new RowWrite.Delete(row.Key, row.Version)], ct);
            else orphans.Add(row);
        }

        if (expected is { } due && orphans.Count > due + Math.Max(BrakeFloor, live.Count / BrakeShare)) return (orphans.Count, true);
        foreach (var orphan in orphans) await RemoveAsync(orphan, ct);
        return (orphans.Count, false);
    }

    /// <summary>What an account is told from others by.</summary>
    public static UInt128 Locator(ReadOnlySpan<byte> id) => System.Buffers.Binary.BinaryPrimitives.ReadUInt128BigEndian(id);

    // Rows tell the hour of their writing and no more: what was written in the hour of the limit counts as old.
    private static bool IsOld(Row row, ulong before) => (ulong)row.WrittenHour * 3600 <= before;

    // The account row last: a sweep that dies here is taken up by the next.
    private async ValueTask RemoveAsync(Row orphan, CancellationToken ct)
    {
        foreach (var table in Tables)
        {
            var batch = new List<RowWrite> { new RowWrite.Require(orphan.Key, orphan.Version) };
            await foreach (var row in data.ScanPrefixAsync(table, orphan.Key.Id, ct)) batch.Add(new RowWrite.Remove(row.Key));
            if (batch.Count > 1 && await data.WriteAsync(batch, ct) is not WriteResult.Written) return;
        }

        await data.WriteAsync([new RowWrite.Delete(orphan.Key, orphan.Version)], ct);
    }
}
