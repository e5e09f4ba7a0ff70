namespace KeyRecovery.Service.Stores;

/// <summary>
/// One table of the two stores. All that the service does with a table as such (erasure, sweep, check, snapshot,
/// re-wrap, schema) derives from what stands here and in the registry of all tables, so that a table which nobody
/// thought of cannot survive an erasure.
/// </summary>
public sealed class Table
{
    private Table(
        int number, string name, StoreKind store, RowsOf rows, int since = FirstSchema, int leadingKeySize = 0,
        bool decides = false, bool namesContent = false, bool isEphemeral = false)
    {
        Number = number;
        Name = name;
        Store = store;
        Rows = rows;
        Since = since;
        LeadingKeySize = leadingKeySize;
        Decides = decides;
        NamesContent = namesContent;
        IsEphemeral = isEphemeral;
    }

    /// <summary>The schema of a store's first release.</summary>
    public const int FirstSchema = 6;

    /// <summary>The schema with what several instances of a server share.</summary>
    private const int InstancesSchema = FirstSchema + 1;

    /// <summary>The schema with restraints of accounts, the apps' feeds, and records of erasures.</summary>
    private const int AdminSchema = InstancesSchema + 1;

    /// <summary>What is wrapped under a KEK: a secret of 32 bytes, its nonce and its tag.</summary>
    internal const int WrappedKeySize = 72;

    /// <summary>1 to 255. It is part of what rows are sealed under, and never changes.</summary>
    public int Number { get; }

    /// <summary>Lower case letters and underscores: the name in SQL and in reports.</summary>
    public string Name { get; }

    /// <summary>Which of the two stores it is in.</summary>
    public StoreKind Store { get; }

    /// <summary>Whose rows it holds.</summary>
    public RowsOf Rows { get; }

    /// <summary>The schema of its store in which it came.</summary>
    public int Since { get; }

    /// <summary>
    /// How many bytes at the beginning of each value are a wrapped key, zeros where there is none; 0 in tables without
    /// keys. A store keeps these bytes where nothing moves them: once they are overwritten they are in no file. A value
    /// that is shorter has no key.
    /// </summary>
    public int LeadingKeySize { get; }

    /// <summary>
    /// Whether writing a row of it decides changes that are logged: then each value begins with 16 bytes in plain, the
    /// id of the newest such change, zeros where there is none (docs/storage.md §7).
    /// </summary>
    public bool Decides { get; }

    /// <summary>
    /// Whether each id names its row's content: then the row is the same wherever it is, and a reader may be given a
    /// copy that is behind, as long as it finds there what it looks for.
    /// </summary>
    public bool NamesContent { get; }

    /// <summary>
    /// Whether its rows say nothing once the processes that wrote them are gone, or some minutes have passed: no
    /// snapshot and no move carries them.
    /// </summary>
    public bool IsEphemeral { get; }

    /// <summary>
    /// Data store: one mutable row an account: heads, active authorities, what is named. The commit point.
    /// </summary>
    public static Table Accounts { get; } = new(
        1, "accounts", StoreKind.Data, RowsOf.Account, decides: true);

    /// <summary>Data store: the links of the sigchains, in chunks. Immutable.</summary>
    public static Table Links { get; } = new(
        2, "links", StoreKind.Data, RowsOf.Account, namesContent: true);

    /// <summary>Data store: keysets. Immutable.</summary>
    public static Table Keysets { get; } = new(
        3, "keysets", StoreKind.Data, RowsOf.Account, namesContent: true);

    /// <summary>Data store: manifests. Immutable.</summary>
    public static Table Manifests { get; } = new(
        4, "manifests", StoreKind.Data, RowsOf.Account, namesContent: true);

    /// <summary>Data store: ciphertexts of items, by content. Immutable.</summary>
    public static Table Items { get; } = new(
        5, "items", StoreKind.Data, RowsOf.Account, namesContent: true);

    /// <summary>Data store: the older versions of an item that are kept.</summary>
    public static Table History { get; } = new(7, "history", StoreKind.Data, RowsOf.Account);

    /// <summary>Data store: hashes of an account's older manifests, in chunks. Immutable.</summary>
    public static Table Trails { get; } = new(
        8, "trails", StoreKind.Data, RowsOf.Account, namesContent: true);

    /// <summary>Data store: seals of past epochs, for restore points, by epoch and authority.</summary>
    public static Table Seals { get; } = new(9, "seals", StoreKind.Data, RowsOf.Account);

    /// <summary>
    /// Data store: its own newest restore, one row. The key store has it too, and may go back to before it.
    /// </summary>
    public static Table DataRestores { get; } = new(10, "data_restores", StoreKind.Data, RowsOf.Server);

    /// <summary>Data store: entries of an account's activity, in chunks. Immutable.</summary>
    public static Table Activity { get; } = new(
        11, "activity", StoreKind.Data, RowsOf.Account, namesContent: true);

    /// <summary>Data store: changes that wait for the sequencer of the log. Immutable.</summary>
    public static Table Outbox { get; } = new(12, "outbox", StoreKind.Data, RowsOf.Server);

    /// <summary>Data store: where in the log a leaf stands, by the leaf's hash. Immutable.</summary>
    public static Table LogIndex { get; } = new(13, "log_index", StoreKind.Data, RowsOf.Server);

    /// <summary>Data store: up to which size of the log it has followed, one row.</summary>
    public static Table LogMark { get; } = new(14, "log_mark", StoreKind.Data, RowsOf.Server);

    /// <summary>Data store: sessions of linking, a row a session.</summary>
    public static Table LinkSessions { get; } = OfLinks(15, "link_sessions");

    /// <summary>Data store: the messages of sessions, by session, side and number. Immutable.</summary>
    public static Table LinkMessages { get; } = OfLinks(16, "link_messages");

    /// <summary>Data store: which session a nameplate leads to.</summary>
    public static Table LinkNames { get; } = OfLinks(17, "link_names");

    /// <summary>Data store: which sessions an account has opened.</summary>
    public static Table LinkPlaces { get; } = OfLinks(18, "link_places");

    /// <summary>Key store: one key row an account.</summary>
    public static Table KeyRows { get; } = new(
        64, "key_rows", StoreKind.Keys, RowsOf.KeyRow, leadingKeySize: WrappedKeySize);

    /// <summary>Key store: which account an app's user has.</summary>
    public static Table Subjects { get; } = new(65, "subjects", StoreKind.Keys, RowsOf.Lookup);

    /// <summary>Key store: which account a recovery slot opens.</summary>
    public static Table Slots { get; } = new(66, "slots", StoreKind.Keys, RowsOf.Lookup);

    /// <summary>Key store: the server's own secrets, wrapped by the root key.</summary>
    public static Table Secrets { get; } = new(67, "secrets", StoreKind.Keys, RowsOf.Server);

    /// <summary>Key store: this realm's share and guess counter of a passphrase slot.</summary>
    public static Table RealmSlots { get; } = new(
        68, "realm_slots", StoreKind.Keys, RowsOf.Realm, leadingKeySize: WrappedKeySize);

    /// <summary>Key store: which slots a user has at this realm.</summary>
    public static Table RealmSubjects { get; } = new(69, "realm_subjects", StoreKind.Keys, RowsOf.Realm);

    /// <summary>
    /// Key store: what an erasure under way must find again without the key. Immutable. Numbered behind key rows and
    /// before erasures: in a snapshot, which is read in this order, an erased key row has its plan as long as it needs
    /// it.
    /// </summary>
    public static Table ErasurePlans { get; } = new(70, "erasure_plans", StoreKind.Keys, RowsOf.KeyRow);

    /// <summary>Key store: operators' erasure jobs, with their counts.</summary>
    public static Table ErasureJobs { get; } = new(71, "erasure_jobs", StoreKind.Keys, RowsOf.Job);

    /// <summary>Key store: the lines of the jobs, by number.</summary>
    public static Table ErasureLines { get; } = new(72, "erasure_lines", StoreKind.Keys, RowsOf.Job);

    /// <summary>Key store: an account's erasure, until the log has its last receipt.</summary>
    public static Table Erasures { get; } = new(
        73, "erasures", StoreKind.Keys, RowsOf.KeyRow, decides: true);

    /// <summary>Key store: the last receipts of erased accounts. Immutable.</summary>
    public static Table Receipts { get; } = new(74, "receipts", StoreKind.Keys, RowsOf.KeyRow);

    /// <summary>Key store: the newest restores of both stores, one row.</summary>
    public static Table Restores { get; } = new(75, "restores", StoreKind.Keys, RowsOf.Server);

    /// <summary>
    /// Key store: what this realm knows of an account's chain, and which evidence it keeps. Nothing in it is secret.
    /// </summary>
    public static Table RealmAccounts { get; } = new(
        76, "realm_accounts", StoreKind.Keys, RowsOf.Realm, decides: true);

    /// <summary>Key store: the head of the log, one row. Replacing it is the only way to append.</summary>
    public static Table LogHeads { get; } = new(77, "log_heads", StoreKind.Keys, RowsOf.Server);

    /// <summary>Key store: as <see cref="Outbox"/>, of changes that a row of this store decides.</summary>
    public static Table KeyOutbox { get; } = new(78, "key_outbox", StoreKind.Keys, RowsOf.Server);

    /// <summary>Key store: which instance does a duty of all instances, a row a duty.</summary>
    public static Table Leases { get; } = new(
        79, "leases", StoreKind.Keys, RowsOf.Server, InstancesSchema, isEphemeral: true);

    /// <summary>
    /// Key store: the standings of a KEK ring whose keys lie in a vault, one row, sealed under the root key; none where
    /// the ring is a file. It goes with the ring, which is in no backup.
    /// </summary>
    public static Table KekStandings { get; } = new(
        80, "kek_standings", StoreKind.Keys, RowsOf.Server, InstancesSchema);

    /// <summary>
    /// Key store: what operators have decided about an account: suspended, held. What holds is the key row's; this
    /// tells since when, why, and what the log is told.
    /// </summary>
    public static Table Restraints { get; } = new(
        81, "restraints", StoreKind.Keys, RowsOf.KeyRow, AdminSchema, decides: true);

    /// <summary>Key store: an app's feed and counts, one mutable row an app.</summary>
    public static Table AppFeeds { get; } = new(84, "app_feeds", StoreKind.Keys, RowsOf.App, AdminSchema);

    /// <summary>Key store: older events of a feed, 100 a page. Immutable.</summary>
    public static Table AppPages { get; } = new(85, "app_pages", StoreKind.Keys, RowsOf.App, AdminSchema);

    /// <summary>Key store: how far an app's webhook was told its feed, one mutable row an app.</summary>
    public static Table AppWebhooks { get; } = new(86, "app_webhooks", StoreKind.Keys, RowsOf.App, AdminSchema);

    /// <summary>
    /// Key store: the accounts of an app, by parts of its list, for whoever turns them over. Each leads to its account.
    /// </summary>
    public static Table AppAccounts { get; } = new(
        88, "app_accounts", StoreKind.Keys, RowsOf.Lookup, AdminSchema);

    /// <summary>
    /// Key store: what the log's leaves about erasures are about, by the leaf's hash, for the auditor's report. They
    /// name nobody, and stay. Immutable.
    /// </summary>
    public static Table ErasureRecords { get; } = new(
        95, "erasure_records", StoreKind.Keys, RowsOf.Server, AdminSchema);

    /// <summary>A table beside those of this program, for tests that add one.</summary>
    internal static Table Of(int number, string name, StoreKind store, RowsOf rows, int since) =>
        new(number, name, store, rows, since);

    private static Table OfLinks(int number, string name) =>
        new(number, name, StoreKind.Data, RowsOf.Link, InstancesSchema, isEphemeral: true);

    /// <summary>The name.</summary>
    public override string ToString() => Name;
}
