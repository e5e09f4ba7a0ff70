using KeyRecovery.Api.Endpoints;
using KeyRecovery.Api.Stores;
using KeyRecovery.Service.Stores;

namespace KeyRecovery.Api.Hosting;

/// <summary>Whether both stores answer a read.</summary>
internal sealed class StoresReadiness(ServerStores stores) : IReadiness
{
    private static readonly byte[] NoRow = [0];

    public string Name => "stores";

    public async ValueTask<bool> IsReadyAsync(CancellationToken cancellation)
    {
        try
        {
            await stores.Pair.Keys.ReadAsync(new RowKey(Table.KeyRows, NoRow), cancellation);
            await stores.Pair.Data.ReadAsync(new RowKey(Table.Accounts, NoRow), cancellation);
            return true;
        }
        catch (StoreUnavailableException)
        {
            return false;
        }
    }
}
