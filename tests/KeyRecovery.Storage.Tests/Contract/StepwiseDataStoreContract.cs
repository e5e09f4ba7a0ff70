using KeyRecovery.Service.Stores;
using KeyRecovery.Storage.Sqlite;
using KeyRecovery.Testing.Stores;

namespace KeyRecovery.Storage.Tests.Contract;

/// <summary>The tests' own store keeps the contract too, and no more than it.</summary>
public sealed class StepwiseDataStoreContract : SqliteStoreContract
{
    protected override Table First => Table.Links;

    protected override Table Second => Table.Items;

    protected override Table Foreign => Table.KeyRows;

    protected override IRowStore Of(SqliteStorePair pair) => new StepwiseDataStore(pair.Data);
}
