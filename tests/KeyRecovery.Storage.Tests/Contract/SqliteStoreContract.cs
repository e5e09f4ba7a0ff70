using KeyRecovery.Service.Stores;
using KeyRecovery.Storage.Sqlite;
using KeyRecovery.Storage.Tests.Support;

namespace KeyRecovery.Storage.Tests.Contract;

public abstract class SqliteStoreContract : RowStoreContract, IDisposable
{
    private readonly StoreFolder _folder = new();
    private SqliteStorePair? _pair;

    public override async Task DisposeAsync()
    {
        if (_pair is not null) await _pair.DisposeAsync();
    }

    public void Dispose()
    {
        _folder.Dispose();
        GC.SuppressFinalize(this);
    }

    protected abstract IRowStore Of(SqliteStorePair pair);

    protected override async Task<IRowStore> OpenAsync() => Of(_pair = await _folder.OpenAsync());
}
