using KeyRecovery.Service.Stores;
using KeyRecovery.Storage.Sqlite;

namespace KeyRecovery.Storage.Tests.Contract;

public sealed class SqliteDataStoreContract : SqliteStoreContract
{
    protected override Table First => Table.Links;

    protected override Table Second => Table.Items;

    protected override Table Foreign => Table.KeyRows;

    protected override IRowStore Of(SqliteStorePair pair) => pair.Data;
}
