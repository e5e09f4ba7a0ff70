using KeyRecovery.Service.Stores;
using KeyRecovery.Storage.Sqlite;
using KeyRecovery.Testing.Stores;

namespace KeyRecovery.Storage.Tests.Contract;

/// <summary>The tests' own store keeps the contract too, and no more than it.</summary>
public sealed class StepwiseKeyStoreContract : SqliteStoreContract
{
    protected override Table First => Table.KeyRows;

    protected override Table Second => Table.Slots;

    protected override Table Foreign => Table.Accounts;

    protected override IRowStore Of(SqliteStorePair pair) => new StepwiseKeyStore(pair.Keys);
}
