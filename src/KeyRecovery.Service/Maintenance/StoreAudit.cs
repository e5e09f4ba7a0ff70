using System.Collections.Immutable;
using KeyRecovery.Service.Accounts;
using KeyRecovery.Service.Rows;
using KeyRecovery.Service.Stores;
using KeyRecovery.Service.UseCases;

namespace KeyRecovery.Service.Maintenance;

/// <summary>
/// The operator's check of what must hold between the rows (docs/storage.md §5): every account from its key row to its
/// last item, every lookup, every slot of the realm, every row that nothing leads to, and the log.
/// </summary>
public sealed class StoreAudit
{
    private readonly ServiceContext _context;
    private readonly RealmCheck _realm;
    private readonly ErasureCheck _erasures;
    private readonly RestraintCheck _restraints;
    private readonly LogAudit? _log;

    internal StoreAudit(
        ServiceContext context, RealmCheck realm, ErasureCheck erasures, RestraintCheck restraints, LogAudit? log) =>
        (_context, _realm, _erasures, _restraints, _log) = (context, realm, erasures, restraints, log);

    /// <summary>Checks everything. Takes time that grows with the number of accounts.</summary>
    public async Task<AuditReport> RunAsync(CancellationToken ct)
    {
        var (sound, pending, lost) = (0, 0, 0);
        var damaged = ImmutableArray.CreateBuilder<string>();
        var named = new HashSet<RowKey>();
        var lookups = new HashSet<RowKey>();
        await foreach (var account in _context.ScanAccountsAsync(ct, damaged.Add))
        {
            if (account.AccountRow is null)
            {
                if (account.KeyRow.State == KeyRowState.Pending) pending++;
                else lost++;
                continue;
            }

            // Erased since its key row was read; or the key has come back, and the erasures' check says so.
            if (AccountFence.Is(account.AccountRow)) continue;
            var check = new AccountCheck(_context, account, _log);
            var faults = await check.RunAsync(ct);
            named.UnionWith(check.Named);
            lookups.UnionWith(check.Lookups);
            damaged.AddRange(faults);
            if (faults.Count == 0) sound++;
        }

        await _realm.RunAsync(damaged, ct);
        await _erasures.RunAsync(damaged, ct);
        await _restraints.RunAsync(damaged, ct);
        if (_log is not null) await _log.RunAsync(damaged, ct);
        return new AuditReport(
            sound, pending, lost, damaged.ToImmutable(), await CountOrphansAsync(named, lookups, ct));
    }

    private async ValueTask<ImmutableSortedDictionary<string, int>> CountOrphansAsync(
        HashSet<RowKey> named, HashSet<RowKey> lookups, CancellationToken ct)
    {
        var orphans = ImmutableSortedDictionary.CreateBuilder<string, int>(StringComparer.Ordinal);
        await foreach (var row in _context.Data.ScanAsync(Table.Accounts, ct))
            if (!named.Contains(row.Key) && !AccountFence.Is(row)) Count(Table.Accounts);
        foreach (var table in _context.Tables.OwnedByAccounts)
        {
            await foreach (var row in _context.Data.ListOwnerAsync(table, default, ct))
                if (!named.Contains(row.Key)) Count(table);
        }

        foreach (var table in _context.Tables.Lookups)
        {
            await foreach (var lookup in _context.Keys.ScanAsync(table, ct))
            {
                if (lookups.Contains(lookup.Key)) continue;
                var keyRow = await _context.Keys.ReadAsync(
                    _context.Lookups.Ids.KeyRow(_context.Lookups.Open(lookup)), ct);
                if (keyRow is null || KeyRow.Decode(keyRow.Value).State == KeyRowState.Erased || table == Table.Slots)
                    Count(table);
            }
        }

        return orphans.ToImmutable();

        void Count(Table table) => orphans[table.Name] = orphans.GetValueOrDefault(table.Name) + 1;
    }
}
