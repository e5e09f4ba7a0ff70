using System.Collections.Immutable;
using KeyRecovery.Service.Stores;

namespace KeyRecovery.Service.Tables;

/// <summary>
/// Every table there is, and how rows are read that hang on the KEK ring. Whoever does something with all tables of a
/// kind asks here and keeps no list.
/// </summary>
public sealed class TableRegistry
{
    private readonly ImmutableDictionary<int, Table> _byNumber;
    private readonly ImmutableDictionary<Table, Func<Row, WrappedRow?>> _wraps;

    private readonly int _beside;

    private TableRegistry(
        ImmutableArray<Table> all, ImmutableDictionary<Table, Func<Row, WrappedRow?>> wraps, int beside = int.MaxValue)
    {
        All = all;
        _beside = beside;
        _wraps = wraps;
        _byNumber = all.ToImmutableDictionary(table => table.Number);
    }

    /// <summary>The tables of this program.</summary>
    public static TableRegistry Default { get; } = new(
        [
            Table.Accounts, Table.Links, Table.Keysets, Table.Manifests, Table.Items, Table.History, Table.Trails,
            Table.Seals, Table.DataRestores, Table.Activity, Table.Outbox, Table.LogIndex, Table.LogMark,
            Table.LinkSessions, Table.LinkMessages, Table.LinkNames, Table.LinkPlaces,
            Table.KeyRows, Table.Subjects, Table.Slots, Table.Secrets, Table.RealmSlots, Table.RealmSubjects,
            Table.ErasurePlans, Table.ErasureJobs, Table.ErasureLines, Table.Erasures, Table.Receipts, Table.Restores,
            Table.RealmAccounts, Table.LogHeads, Table.KeyOutbox, Table.Leases, Table.KekStandings, Table.Restraints,
            Table.AppFeeds, Table.AppPages, Table.AppWebhooks, Table.AppAccounts, Table.ErasureRecords,
        ],
        ImmutableDictionary<Table, Func<Row, WrappedRow?>>.Empty
            .Add(Table.KeyRows, WrappedRow.OfKeyRow).Add(Table.RealmSlots, WrappedRow.OfRealmSlot));

    /// <summary>All tables, ascending by number.</summary>
    public ImmutableArray<Table> All { get; }

    /// <summary>
    /// What an account has in the data store beside its account row: what goes before that row, with its owner.
    /// </summary>
    public IEnumerable<Table> OwnedByAccounts => All.Where(t => t.Rows == RowsOf.Account && t != Table.Accounts);

    /// <summary>Tables whose rows lead to accounts.</summary>
    public IEnumerable<Table> Lookups => All.Where(t => t.Rows == RowsOf.Lookup);

    /// <summary>Tables whose rows hang on the KEK ring.</summary>
    public IEnumerable<Table> Wrapped => All.Where(_wraps.ContainsKey);

    /// <summary>
    /// What a snapshot of the key store carries row by row. The server's own secrets travel unwrapped, apart; what is
    /// <see cref="Table.IsEphemeral"/> stays where it is, and the ring's standings with the ring.
    /// </summary>
    public IEnumerable<Table> InSnapshots =>
        Of(StoreKind.Keys).Where(t => t != Table.Secrets && t != Table.KekStandings && !t.IsEphemeral);

    /// <summary>The tables of one store, ascending by number.</summary>
    public IEnumerable<Table> Of(StoreKind store) => All.Where(t => t.Store == store);

    /// <summary>The schema of a store: that of its newest table.</summary>
    public int SchemaOf(StoreKind store) => Of(store).Max(t => t.Since);

    /// <summary>
    /// The oldest schema of a store whose programs may have it open beside this one, which then writes nothing that
    /// they do not know. Its own, where nobody has said otherwise.
    /// </summary>
    public int BesideOf(StoreKind store) => Math.Min(_beside, SchemaOf(store));

    /// <summary>The table of that number, or null.</summary>
    public Table? Find(ulong number) => number <= byte.MaxValue ? _byNumber.GetValueOrDefault((int)number) : null;

    /// <summary>
    /// Reads a row of a table whose rows hang on the ring; null where it holds no key: an erased account, a destroyed
    /// share.
    /// </summary>
    /// <exception cref="Protocol.Wire.WireFormatException">The row is damaged.</exception>
    internal WrappedRow? WrapOf(Row row) => _wraps.GetValueOrDefault(row.Key.Table)?.Invoke(row);

    /// <summary>This registry with another table.</summary>
    /// <exception cref="ArgumentException">Its number is taken.</exception>
    public TableRegistry With(Table table) => new([.. All.Add(table).OrderBy(t => t.Number)], _wraps, _beside);

    /// <summary>This registry, of a version that runs beside others from <paramref name="schema"/> on.</summary>
    public TableRegistry Beside(int schema) => new(All, _wraps, schema);

    /// <summary>As the other overload, with a table whose rows hang on the ring.</summary>
    internal TableRegistry With(Table table, Func<Row, WrappedRow?> wrap) =>
        new(With(table).All, _wraps.Add(table, wrap), _beside);
}
