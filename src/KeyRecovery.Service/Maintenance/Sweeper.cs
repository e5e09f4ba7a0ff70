using System.Collections.Immutable;
using KeyRecovery.Protocol.Vault;
using KeyRecovery.Protocol.Wire;
using KeyRecovery.Service.Accounts;
using KeyRecovery.Service.Erasure;
using KeyRecovery.Service.Stores;
using KeyRecovery.Service.UseCases;

namespace KeyRecovery.Service.Maintenance;

/// <summary>
/// Removes what crashes and abandoned uploads left, once it is older than the given age. Every removal is conditional
/// on what the sweep saw, so that what came alive in between stays.
/// </summary>
public sealed class Sweeper
{
    private readonly ServiceContext _context;
    private readonly ErasureJobs _jobs;
    private readonly OrphanAccounts _orphans;

    internal Sweeper(ServiceContext context, ErasureJobs jobs, OrphanAccounts orphans) => (_context, _jobs, _orphans) = (context, jobs, orphans);

    /// <summary>Sweeps once.</summary>
    /// <param name="olderThan">How old an orphan must be. Default of the host: 24 h.</param>
    /// <param name="ct">Stops between accounts.</param>
    public Task<SweepReport> SweepAsync(TimeSpan olderThan, CancellationToken ct) => SweepAsync(olderThan, brake: true, ct);

    /// <summary>Sweeps once.</summary>
    /// <param name="olderThan">How old an orphan must be.</param>
    /// <param name="brake">Whether to stop before the data of more than 0.1 % of accounts are removed, and at least 10.</param>
    /// <param name="ct">Stops between accounts.</param>
    public async Task<SweepReport> SweepAsync(TimeSpan olderThan, bool brake, CancellationToken ct)
    {
        var before = _context.NowSeconds - (ulong)olderThan.TotalSeconds;
        var (pending, staged, versions) = (0, 0, 0);
        var live = new HashSet<UInt128>();
        await foreach (var account in _context.ScanAccountsAsync(ct))
        {
            live.Add(OrphanAccounts.Locator(account.Rows.Locator.Span));
            if (account.AccountRow is null)
            {
                if (await RemovePendingAsync(account, before, ct)) pending++;
                continue;
            }
            staged += await RemoveStagedAsync(account, before, ct);
            versions += await RemoveOldVersionsAsync(account, ct);
        }
        var lookups = await RemoveLookupsAsync(before, ct);
        await _jobs.SweepAsync(before, ct);
        var (orphans, stopped) = await _orphans.RemoveAsync(live, before, brake ? 0 : null, ct);
        if (stopped) orphans = 0;
        Tell(pending, lookups, staged, versions, orphans);
        return new SweepReport(pending, lookups, orphans, staged, versions, stopped);
    }

    // Only a pending row goes: a live one without data is a lost vault, which a client repairs.
    private async ValueTask<bool> RemovePendingAsync(ScannedAccount account, ulong before, CancellationToken ct)
    {
        if (account.KeyRow.State != KeyRowState.Pending || account.KeyRow.Since > before) return false;
        var delete = new RowWrite.Delete(account.KeyStored.Key, account.KeyStored.Version);
        return await _context.Keys.WriteAsync([delete], ct) is WriteResult.Written;
    }

    // A user, or a slot, that leads to no account: what a creation that died claimed, or a commit beside an erasure.
    private async ValueTask<int> RemoveLookupsAsync(ulong before, CancellationToken ct)
    {
        var removed = 0;
        foreach (var table in new[] { Table.Subjects, Table.Slots })
        {
            await foreach (var lookup in _context.Keys.ScanAsync(table, ReadOnlyMemory<byte>.Empty, ct))
            {
                if (!IsOld(lookup, before)) continue;
                var keyRow = _context.Lookups.Ids.KeyRow(_context.Lookups.Open(lookup));
                var stored = await _context.Keys.ReadAsync(keyRow, ct);
                if (stored is not null && KeyRow.Decode(stored.Value).State != KeyRowState.Erased) continue;
                RowWrite[] writes = [new RowWrite.Require(keyRow, stored?.Version ?? 0), new RowWrite.Delete(lookup.Key, lookup.Version)];
                if (await _context.Keys.WriteAsync(writes, ct) is WriteResult.Written) removed++;
            }
        }
        return removed;
    }

    // Rows tell the hour of their writing and no more: what was written in the hour of the limit counts as old.
    private static bool IsOld(Row row, ulong before) => (ulong)row.WrittenHour * 3600 <= before;

    private async ValueTask<int> RemoveStagedAsync(ScannedAccount account, ulong before, CancellationToken ct)
    {
        var (rows, data) = (account.Rows, _context.Data);
        var (staged, version) = await data.ReadVersionedAsync(rows, rows.Staging, StagedItems.Decode, [], ct);
        var expired = staged.Where(s => s.At <= before).ToImmutableArray();
        if (expired.Length == 0) return 0;
        var named = await ReadNamedAsync(account, ct);
        if (named is null) return 0;
        RowWrite[] writes =
        [
            new RowWrite.Require(rows.Account, account.AccountRow!.Version),
            rows.Replace(rows.Staging, StagedItems.Encode([.. staged.Except(expired)]), version),
            .. expired.Where(s => !named.Contains(s.Hash)).Select(s => new RowWrite.Remove(rows.Item(s.Hash))),
        ];
        return await data.WriteAsync(writes, ct) is WriteResult.Written ? expired.Length : 0;
    }

    private async ValueTask<int> RemoveOldVersionsAsync(ScannedAccount account, CancellationToken ct)
    {
        var (rows, data, removed) = (account.Rows, _context.Data, 0);
        await foreach (var row in data.ScanPrefixAsync(Table.History, rows.Locator, ct))
        {
            var (kept, dropped) = ItemHistory.Prune(ItemHistory.Decode(rows.Open(row)), _context.NowSeconds);
            if (dropped.Length == 0) continue;
            RowWrite[] writes =
            [
                kept.Length == 0
                    ? new RowWrite.Delete(row.Key, row.Version)
                    : rows.Replace(row.Key, ItemHistory.Encode(dropped[0].Entry.Id, kept), row.Version),
                .. dropped.Select(d => new RowWrite.Remove(rows.Item(d.Entry.Hash))),
            ];
            if (await data.WriteAsync(writes, ct) is WriteResult.Written) removed += dropped.Length;
        }
        return removed;
    }

    private async ValueTask<HashSet<Hash256>?> ReadNamedAsync(ScannedAccount account, CancellationToken ct)
    {
        var state = AccountState.Decode(account.Rows.Open(account.AccountRow!));
        var manifest = await _context.Data.FindAsync(account.Rows, account.Rows.Manifest(state.ManifestHash), ct);
        return manifest is null ? null : [.. SignedManifest.Decode(manifest).Manifest.Items.Select(i => i.Hash)];
    }

    private static void Tell(int pending, int lookups, int staged, int versions, int orphans)
    {
        ServiceMeter.Sweep("lookup", lookups);
        ServiceMeter.Sweep("pending", pending);
        ServiceMeter.Sweep("staged", staged);
        ServiceMeter.Sweep("version", versions);
        ServiceMeter.Sweep("account", orphans);
    }
}
