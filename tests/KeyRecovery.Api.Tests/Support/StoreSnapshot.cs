using System.Collections.Immutable;
using KeyRecovery.Api.Hosting;
using KeyRecovery.Api.Stores;
using KeyRecovery.Service.Stores;
using KeyRecovery.Service.Tables;
using Microsoft.Extensions.DependencyInjection;

namespace KeyRecovery.Api.Tests.Support;

/// <summary>Every row of both stores with its version: what must be the same after a refusal.</summary>
internal static class StoreSnapshot
{
    /// <summary>
    /// Every row with its version: nothing at all was written where two of these are equal, but in some tables.
    /// </summary>
    public static Task<List<string>> TakeAsync(TestHost host, params ImmutableArray<Table> except) =>
        TakeAsync(host, row => $"{row.Key} {row.Version}", except);

    /// <summary>
    /// Every row's place: nothing came or went where two of these are equal, though what was found was written again.
    /// </summary>
    public static Task<List<string>> TakePlacesAsync(TestHost host) => TakeAsync(host, row => $"{row.Key}", []);

    private static async Task<List<string>> TakeAsync(
        TestHost host, Func<Row, string> name, ImmutableArray<Table> except)
    {
        var pair = host.Services.GetRequiredService<ServerStores>().Pair;
        var rows = new List<string>();
        foreach (var table in TableRegistry.Default.All.Except(except))
        {
            IRowStore store = table.Store == StoreKind.Data ? pair.Data : pair.Keys;
            await foreach (var row in store.ScanAsync(table, CancellationToken.None))
                rows.Add(name(row));
        }

        return rows;
    }
}
