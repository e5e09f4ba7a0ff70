using KeyRecovery.Service.Log;
using KeyRecovery.Service.Rows;
using KeyRecovery.Service.Stores;
using KeyRecovery.Service.Tables;

namespace KeyRecovery.Service.Maintenance;

/// <summary>
/// Data that no key row leads to: nobody opens them. Many at once are no orphans but the sign of a key store that was
/// lost or exchanged, and a brake asks first.
/// </summary>
internal sealed class OrphanAccounts(IDataStore data, TableRegistry tables)
{
    /// <summary>The share of accounts above which it stops and asks: 1 in 1,000.</summary>
    public const int BrakeShare = 1000;

    /// <summary>As many are removed without asking, however few accounts there are.</summary>
    public const int BrakeFloor = 10;

    private const int Batch = 128;

    /// <summary>Removes the data of accounts that are not among the living.</summary>
    /// <param name="live">The first 16 bytes of the locator of each account that is.</param>
    /// <param name="before">How old an account's row must be, in seconds since 1970, to the hour.</param>
    /// <param name="expected">As many more are known to be due, and do not pull the brake; null takes the brake
    /// off.</param>
    /// <param name="ct">Stops between accounts.</param>
    /// <returns>How many there were, and whether the brake stopped it: then none was removed.</returns>
    public async ValueTask<(int Found, bool Stopped)> RemoveAsync(
        IReadOnlySet<UInt128> live, ulong before, int? expected, CancellationToken ct)
    {
        // By locator; null for rows without an account row.
        var (orphans, fences, headless) =
            (new Dictionary<UInt128, Row?>(), new Dictionary<UInt128, Row?>(), new Dictionary<UInt128, bool>());
        await foreach (var row in data.ScanAsync(Table.Accounts, ct))
        {
            var locator = Locator(row.Key.Id.Span);
            if (live.Contains(locator)) continue;
            // What an erasure left on purpose has served its time; it is no orphan, and does not pull the brake.
            // A fence stays as long as the log needs it to tell what was committed; what came behind it does not.
            if (!IsOld(row, before)) headless[locator] = false;
            else if (AccountFence.Is(row)) fences[locator] = await IsWaitingAsync(row, ct) ? null : row;
            else orphans[locator] = row;
        }

        // Rows whose owner never came to have an account row, or has it no more.
        foreach (var table in tables.OwnedByAccounts)
        {
            await foreach (var row in data.ListOwnerAsync(table, default, ct))
            {
                var locator = Locator(row.Key.Id.Span);
                if (live.Contains(locator) || orphans.ContainsKey(locator) || fences.ContainsKey(locator)) continue;
                headless[locator] = IsOld(row, before) && headless.GetValueOrDefault(locator, true);
            }
        }

        foreach (var (locator, fence) in fences) await RemoveAsync(locator, fence, ct);
        foreach (var (locator, _) in headless.Where(h => h.Value)) orphans[locator] = null;
        if (expected is { } due && IsTooMany(orphans.Count - due, live.Count)) return (orphans.Count, true);
        foreach (var (locator, accountRow) in orphans) await RemoveAsync(locator, accountRow, ct);
        return (orphans.Count, false);
    }

    /// <summary>Whether so many accounts at once are more than go without asking.</summary>
    public static bool IsTooMany(int due, int live) => due > Math.Max(BrakeFloor, live / BrakeShare);

    /// <summary>What an account is told from others by.</summary>
    public static UInt128 Locator(ReadOnlySpan<byte> id) =>
        System.Buffers.Binary.BinaryPrimitives.ReadUInt128BigEndian(id);

    private async ValueTask<bool> IsWaitingAsync(Row fence, CancellationToken ct) => ChangeId.Of(fence) is var newest
        && !newest.IsNone && await data.HeadAsync(OutboxRow.Place(StoreKind.Data, newest), ct) is not null;

    // Rows tell the hour of their writing and no more: what was written in the hour of the limit counts as old.
    private static bool IsOld(Row row, ulong before) => (ulong)row.WrittenHour * 3600 <= before;

    // The account row last: a sweep that dies here is taken up by the next. Without a key nobody can come to write
    // these rows.
    private async ValueTask RemoveAsync(UInt128 owner, Row? accountRow, CancellationToken ct)
    {
        var locator = new byte[AccountRows.LocatorSize];
        System.Buffers.Binary.BinaryPrimitives.WriteUInt128BigEndian(locator, owner);
        foreach (var table in tables.OwnedByAccounts)
        {
            var batch = new List<RowWrite>();
            await foreach (var row in data.ListOwnerAsync(table, locator, ct)) batch.Add(new RowWrite.Remove(row.Key));
            foreach (var some in batch.Chunk(Batch))
                if (await data.WriteAnyOrderAsync(some, ct) is not WriteResult.Written) return;
        }

        if (accountRow is not null) await data.WriteAsync([new RowWrite.Delete(accountRow)], ct);
    }
}
