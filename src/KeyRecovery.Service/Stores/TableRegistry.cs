using System.Collections.Immutable;

namespace KeyRecovery.Service.Stores;

/// <summary>
/// Every table there is. Whoever does something with all tables of a kind asks here and keeps no list.
/// </summary>
public sealed class TableRegistry
{
    private readonly ImmutableDictionary<int, Table> _byNumber;

    private TableRegistry(ImmutableArray<Table> all)
    {
        All = all;
        _byNumber = all.ToImmutableDictionary(table => table.Number);
    }

    /// <summary>The tables of this program.</summary>
    public static TableRegistry Default { get; } = new(
    [
        Table.Accounts, Table.Links, Table.Keysets, Table.Manifests, Table.Items, Table.History, Table.Trails,
        Table.KeyRows, Table.Subjects, Table.Slots, Table.Secrets, Table.RealmSlots, Table.RealmSubjects,
        Table.ErasurePlans, Table.ErasureJobs, Table.ErasureLines, Table.Erasures, Table.Receipts,
    ]);

    /// <summary>All tables, ascending by number.</summary>
    public ImmutableArray<Table> All { get; }

    /// <summary>
    /// What an account has in the data store beside its account row: what goes before that row, with its owner.
    /// </summary>
    public IEnumerable<Table> OwnedByAccounts => All.Where(t => t.Rows == RowsOf.Account && t != Table.Accounts);

    /// <summary>Tables whose rows lead to accounts.</summary>
    public IEnumerable<Table> Lookups => All.Where(t => t.Rows == RowsOf.Lookup);

    /// <summary>Tables whose rows hang on the KEK ring.</summary>
    public IEnumerable<Table> Wrapped => All.Where(t => t.Wrap is not null);

    /// <summary>
    /// What a snapshot of the key store carries row by row. The server's own secrets travel unwrapped, apart.
    /// </summary>
    public IEnumerable<Table> InSnapshots => Of(StoreKind.Keys).Where(t => t.Rows != RowsOf.Server);

    /// <summary>The tables of one store, ascending by number.</summary>
    public IEnumerable<Table> Of(StoreKind store) => All.Where(t => t.Store == store);

    /// <summary>The schema of a store: that of its newest table.</summary>
    public int SchemaOf(StoreKind store) => Of(store).Max(t => t.Since);

    /// <summary>The table of that number, or null.</summary>
    public Table? Find(ulong number) => number <= byte.MaxValue ? _byNumber.GetValueOrDefault((int)number) : null;

    /// <summary>This registry with another table.</summary>
    /// <exception cref="ArgumentException">Its number is taken.</exception>
    public TableRegistry With(Table table) => new([.. All.Add(table).OrderBy(t => t.Number)]);
}
