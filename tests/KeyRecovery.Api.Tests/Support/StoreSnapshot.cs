using KeyRecovery.Api.Hosting;
using KeyRecovery.Service.Stores;
using Microsoft.Extensions.DependencyInjection;

namespace KeyRecovery.Api.Tests.Support;

/// <summary>Every row of both stores with its version: what must be the same after a refusal.</summary>
internal static class StoreSnapshot
{
    public static async Task<List<string>> TakeAsync(TestHost host)
    {
        var pair = host.Services.GetRequiredService<ServerStores>().Pair;
        var rows = new List<string>();
        foreach (var table in TableRegistry.Default.All)
        {
            IRowStore store = table.Store == StoreKind.Data ? pair.Data : pair.Keys;
            await foreach (var row in store.ScanAsync(table, CancellationToken.None))
                rows.Add($"{row.Key} {row.Version}");
        }

        return rows;
    }
}
