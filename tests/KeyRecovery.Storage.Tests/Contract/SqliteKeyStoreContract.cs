using KeyRecovery.Service.Stores;
using KeyRecovery.Storage.Sqlite;

namespace KeyRecovery.Storage.Tests.Contract;

public sealed class SqliteKeyStoreContract : SqliteStoreContract
{
    protected override Table First => Table.KeyRows;

    protected override Table Second => Table.Slots;

    protected override Table Foreign => Table.Accounts;

    protected override IRowStore Of(SqliteStorePair pair) => pair.Keys;
}
