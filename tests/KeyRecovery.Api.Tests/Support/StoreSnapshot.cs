using System.Collections.Immutable;
using System.Security.Cryptography;
using System.Text;
using KeyRecovery.Api.Hosting;
using KeyRecovery.Api.Stores;
using KeyRecovery.Protocol.Audit.Log;
using KeyRecovery.Protocol.Wire;
using KeyRecovery.Service.Log;
using KeyRecovery.Service.Realms;
using KeyRecovery.Service.Stores;
using KeyRecovery.Service.Tables;
using KeyRecovery.Testing.Stores.Cosmos;
using Microsoft.Extensions.DependencyInjection;

namespace KeyRecovery.Api.Tests.Support;

/// <summary>Every row of both stores with its version: what must be the same after a refusal.</summary>
internal static class StoreSnapshot
{
    private static readonly ImmutableArray<Table> Log =
        [
            Table.Outbox, Table.KeyOutbox, Table.LogIndex, Table.LogMark, Table.LogHeads, Table.AppFeeds,
            Table.AppPages, Table.AppWebhooks,
        ];

    /// <summary>
    /// Every row with its version: nothing at all was written where two of these are equal, but in some tables.
    /// </summary>
    public static Task<List<string>> TakeAsync(TestHost host, params ImmutableArray<Table> except) =>
        TakeAsync(host, (key, version) => $"{key} {version}", except);

    /// <summary>
    /// Every row's place: nothing came or went where two of these are equal, though what was found was written again.
    /// </summary>
    public static Task<List<string>> TakePlacesAsync(TestHost host) => TakeAsync(host, (key, _) => $"{key}", []);

    private static async Task<List<string>> TakeAsync(
        TestHost host, Func<RowKey, long, string> name, ImmutableArray<Table> except)
    {
        var pair = host.Services.GetRequiredService<ServerStores>().Pair;
        var rows = new List<string>();
        var tables = TableRegistry.Default.All.Except(except).Except(Log).Except([Table.RealmSlots]);
        if (SharedCosmos.IsWanted)
            rows.AddRange(
                from row in await SharedCosmos.ListAsync(host.DataDirectory, tables)
                orderby row.Key.Table.Number, Convert.ToHexString(row.Key.Id.Span)
                select name(row.Key, row.Version));
        else
            foreach (var table in tables)
                await foreach (var row in StoreOf(table).ListOwnerAsync(table, default, CancellationToken.None))
                    rows.Add(name(row.Key, row.Version));
        if (!except.Contains(Table.RealmSlots))
            await foreach (var row in pair.Keys.ScanAsync(Table.RealmSlots, CancellationToken.None))
                rows.Add(name(row.Key, Counted(row)));
        rows.AddRange(await LoggedAsync());
        return rows;

        // What a slot's row counts, in place of its version: the server notes in it meanwhile what its app was told.
        static long Counted(Row row)
        {
            var slot = RealmSlotRow.Decode(row.Value);
            byte[] counted =
            [
                .. (slot with { Events = default }).Encode(),
                .. Encoding.UTF8.GetBytes(string.Join(',', slot.Events.All())),
            ];
            return BitConverter.ToInt64(SHA256.HashData(counted));
        }

        IRowStore StoreOf(Table table) => table.Store == StoreKind.Data ? pair.Data : pair.Keys;

        // What was logged, whether it waits or has its place: the sequencer moves it from one to the other meanwhile.
        async Task<IEnumerable<string>> LoggedAsync()
        {
            var leaves = new SortedSet<string>(StringComparer.Ordinal);
            foreach (var table in new[] { Table.Outbox, Table.KeyOutbox })
                await foreach (var row in StoreOf(table).ScanAsync(table, CancellationToken.None))
                    leaves.Add(MerkleTree.LeafHash(OutboxRow.Decode(row, TableRegistry.Default).Leaf.Span).ToString());
            await foreach (var row in pair.Data.ScanAsync(Table.LogIndex, CancellationToken.None))
                leaves.Add(new Hash256(row.Key.Id.Span).ToString());
            return leaves.Select(leaf => $"logged {leaf}");
        }
    }
}
