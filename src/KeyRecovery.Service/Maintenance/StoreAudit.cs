using System.Collections.Immutable;
using KeyRecovery.Protocol.Realms;
using KeyRecovery.Protocol.Vault;
using KeyRecovery.Protocol.Wire;
using KeyRecovery.Service.Accounts;
using KeyRecovery.Service.Erasure;
using KeyRecovery.Service.Gate;
using KeyRecovery.Service.Realms;
using KeyRecovery.Service.Rows;
using KeyRecovery.Service.Stores;
using KeyRecovery.Service.UseCases;

namespace KeyRecovery.Service.Maintenance;

/// <summary>The operator's check: every account from its key row to its last item, and every row that nothing leads to.</summary>
public sealed class StoreAudit
{
    private static readonly Table[] AccountTables =
        [Table.Accounts, Table.Links, Table.Keysets, Table.Manifests, Table.Items, Table.History, Table.Staging];

    private readonly ServiceContext _context;

    internal StoreAudit(ServiceContext context) => _context = context;

    /// <summary>Checks everything. Takes time that grows with the number of accounts.</summary>
    public async Task<AuditReport> RunAsync(CancellationToken ct)
    {
        var (sound, pending, lost) = (0, 0, 0);
        var damaged = ImmutableArray.CreateBuilder<string>();
        var wanted = new HashSet<RowKey>();
        await foreach (var account in _context.ScanAccountsAsync(ct, damaged.Add))
        {
            if (account.AccountRow is null)
            {
                if (account.KeyRow.State == KeyRowState.Pending) pending++;
                else lost++;
                continue;
            }
            wanted.Add(account.Rows.Account);
            if (await CheckAsync(account, wanted, ct) is { } fault) damaged.Add(fault);
            else sound++;
        }
        await CheckRealmAsync(damaged, ct);
        return new AuditReport(sound, pending, lost, damaged.ToImmutable(), await CountOrphansAsync(wanted, ct));
    }

    private async ValueTask<string?> CheckAsync(ScannedAccount account, HashSet<RowKey> wanted, CancellationToken ct)
    {
        try
        {
            var (rows, data) = (account.Rows, _context.Data);
            var state = AccountState.Decode(rows.Open(account.AccountRow!));
            if (MinChain.IsBehind(state.LastRemoval, account.KeyRow.MinChain)) return "chain: rolled back behind a removal";

            var links = (await data.ReadLinksAsync(rows, state, 0, ct)).Select(SignedLink.Decode).ToImmutableArray();
            wanted.UnionWith(links.Select(l => rows.Link(new LinkPlace(l.Link.Sequence, l.Hash))));
            Chain? chain = null;
            foreach (var link in links)
            {
                if ((chain is null ? Chain.Start(state.User.App, link) : chain.Append(link)) is not ChainStep.Ok ok) return "chain: does not verify";
                chain = ok.Chain;
            }
            if (chain is null || chain.Place != state.Chain) return "chain: not the account's head";

            wanted.Add(rows.Keyset(state.KeysetHash));
            wanted.Add(rows.Manifest(state.ManifestHash));
            var keyset = Keyset.Decode(await data.GetAsync(rows, rows.Keyset(state.KeysetHash), ct));
            if (keyset.CheckAgainst(chain) is var k and not ProtocolFault.None) return $"keyset: {k}";
            var manifest = SignedManifest.Decode(await data.GetAsync(rows, rows.Manifest(state.ManifestHash), ct));
            if (manifest.CheckAgainst(chain) is var m and not ProtocolFault.None) return $"manifest: {m}";
            return await CheckItemsAsync(rows, manifest.Manifest, wanted, ct);
        }
        catch (Exception e) when (e is RowDamagedException or WireFormatException)
        {
            return e.Message;
        }
    }

    // A share that does not open is a passphrase that opens nothing, here or with other realms.
    private async ValueTask CheckRealmAsync(ImmutableArray<string>.Builder damaged, CancellationToken ct)
    {
        await foreach (var stored in _context.Keys.ScanAsync(Table.RealmSlots, ReadOnlyMemory<byte>.Empty, ct))
        {
            try
            {
                var row = RealmSlotRow.Decode(stored.Value);
                if (row.State == RealmSlotState.Destroyed) continue;
                using var share = await _context.Shares.OpenAsync(stored.Key, row, ct);
                if (!share.PublicKey.ToArray().AsSpan().SequenceEqual(row.ShareKey.Span)) damaged.Add("realm slot: not its share");
            }
            catch (Exception e) when (e is RowDamagedException or WireFormatException)
            {
                damaged.Add($"realm slot: {e.Message}");
            }
        }
    }

    private async ValueTask<string?> CheckItemsAsync(AccountRows rows, Manifest manifest, HashSet<RowKey> wanted, CancellationToken ct)
    {
        string? fault = null;
        foreach (var item in manifest.Items)
        {
            wanted.Add(rows.Item(item.Hash));
            var bytes = await _context.Data.FindAsync(rows, rows.Item(item.Hash), ct);
            if (bytes is null) fault ??= "item: missing";
            else if (item.Check(manifest.Account, bytes) is var check and not ProtocolFault.None) fault ??= $"item: {check}";
        }
        await foreach (var row in _context.Data.ScanPrefixAsync(Table.History, rows.Locator, ct))
        {
            wanted.Add(row.Key);
            wanted.UnionWith(ItemHistory.Decode(rows.Open(row)).Select(v => rows.Item(v.Entry.Hash)));
        }
        var (staged, version) = await _context.Data.ReadVersionedAsync(rows, rows.Staging, StagedItems.Decode, [], ct);
        if (version != 0) wanted.Add(rows.Staging);
        wanted.UnionWith(staged.Select(s => rows.Item(s.Hash)));
        return fault;
    }

    private async ValueTask<ImmutableSortedDictionary<string, int>> CountOrphansAsync(HashSet<RowKey> wanted, CancellationToken ct)
    {
        var orphans = ImmutableSortedDictionary.CreateBuilder<string, int>(StringComparer.Ordinal);
        foreach (var table in AccountTables)
        {
            await foreach (var row in _context.Data.ScanAsync(table, ReadOnlyMemory<byte>.Empty, ct))
                if (!wanted.Contains(row.Key) && !AccountFence.Is(row)) Count(table);
        }
        foreach (var table in new[] { Table.Subjects, Table.Slots })
        {
            await foreach (var lookup in _context.Keys.ScanAsync(table, ReadOnlyMemory<byte>.Empty, ct))
            {
                var keyRow = _context.Lookups.Ids.KeyRow(_context.Lookups.Open(lookup));
                if (await _context.Keys.ReadAsync(keyRow, ct) is null) Count(table);
            }
        }
        return orphans.ToImmutable();

        void Count(Table table) => orphans[table.ToString()] = orphans.GetValueOrDefault(table.ToString()) + 1;
    }
}
