using KeyRecovery.Protocol.Primitives;
using KeyRecovery.Service.Accounts;
using KeyRecovery.Service.Backups;
using KeyRecovery.Service.Clocks;
using KeyRecovery.Service.Erasure;
using KeyRecovery.Service.Export;
using KeyRecovery.Service.Feed;
using KeyRecovery.Service.Gate;
using KeyRecovery.Service.Keys;
using KeyRecovery.Service.Linking;
using KeyRecovery.Service.Log;
using KeyRecovery.Service.Maintenance;
using KeyRecovery.Service.Operators;
using KeyRecovery.Service.Realms;
using KeyRecovery.Service.Restore;
using KeyRecovery.Service.Restraints;
using KeyRecovery.Service.Rotation;
using KeyRecovery.Service.Rows;
using KeyRecovery.Service.Stores;
using KeyRecovery.Service.Tables;
using KeyRecovery.Service.UseCases;

namespace KeyRecovery.Service;

/// <summary>
/// The server without the web: the gate, the use cases and the maintenance, over two stores and a ring.
/// </summary>
public sealed class KeyRecoveryService : IDisposable
{
    private readonly Lookups _lookups;
    private readonly SigningKey _auditKey;
    private readonly LivePolicies _policies;
    private readonly ILogFiles? _files;
    private readonly RestraintRows _restraints;
    private readonly AppFeeds _feeds;

    /// <summary>Puts the service together.</summary>
    /// <param name="data">The data store.</param>
    /// <param name="keys">The key store; never the same file, directory or account as <paramref name="data"/>.</param>
    /// <param name="ring">The keys that wrap subject keys.</param>
    /// <param name="secrets">The lookup and fence keys, and the seeds of the audit key and the realm.</param>
    /// <param name="policies">The configured apps.</param>
    /// <param name="random">Draws keys and nonces.</param>
    /// <param name="clock">The server's clock.</param>
    /// <param name="tombstones">The list beside the stores; null where there is none to keep.</param>
    /// <param name="backups">The backup sets; null where none are made.</param>
    /// <param name="tables">The tables of the stores; null for those of this program.</param>
    /// <param name="log">Where the log lies; null where none is kept, for tools that only look.</param>
    /// <param name="logOrigin">The name of a log that is begun; null for one that is made of its key.</param>
    /// <param name="logKeysOverlap">Whether the log's key before the newest still signs beside it.</param>
    /// <param name="newLogAfter">The size of a log that is lost, after which another one is begun; null: never.</param>
    /// <param name="webhookKeysOverlap">Whether the webhooks' key before the newest is still told.</param>
    /// <param name="witnesses">Who cosigns the log; null for nobody.</param>
    /// <param name="links">The relay of linking, the service's from now on; null for one of this process.</param>
    public KeyRecoveryService(
        IDataStore data, IKeyStore keys, IKekRing ring, ServerSecrets secrets, IAppPolicies policies, IRandom random,
        ServerClock clock,
        ITombstones? tombstones = null, IBackupSets? backups = null,
        TableRegistry? tables = null, ILinkRelay? links = null, ILogFiles? log = null, string? logOrigin = null,
        ulong? newLogAfter = null, bool logKeysOverlap = true, LogWitnesses? witnesses = null,
        bool webhookKeysOverlap = true)
    {
        Clock = clock;
        _lookups = new Lookups(secrets.LookupKey, random);
        Links = links ?? new LocalLinkRelay(clock);
        _auditKey = secrets.AuditKey();
        (_policies, _files) = (new LivePolicies(policies), log);
        var (subjectKeys, shares) = (new SubjectKeys(ring, keys, random), new RealmShares(ring, keys, random));
        var context = new ServiceContext(
            data, keys, tables ?? TableRegistry.Default, _lookups, subjectKeys, _policies, Links, _auditKey, random,
            clock);
        var erasures = new ErasureRows(keys, secrets.LookupKey, random);
        _restraints = new RestraintRows(keys, secrets.LookupKey, random);
        Restraints = new Restrainer(context, _restraints);
        Desk = new AccountDesk(context, erasures, _restraints, Restraints);
        var decoy = new Decoy(_lookups, subjectKeys, random);
        Gate = new AccountGate(
            data, keys, _lookups, context.Door, context.KeyRows, decoy, erasures.ReceiptAsync);
        Accounts = new AccountCreation(context);
        Owners = new AccountOwners(context);
        Mover = new AccountMover(context);
        BulkMoves = new BulkMoves(context, Mover);
        IssuerMoves = new IssuerMoves(context, Mover);
        Commits = new Commits(context);
        Tries = new RecoveryTries(context);
        Vaults = new VaultReader(context);
        RestorePoints = new RestorePointReader(context);
        Activity = new ActivityReader(context, log);
        Exports = new AccountExport(context, erasures);
        Staging = new ItemStaging(context);
        Repairs = new Repairs(context);
        RecoverySlots = new RecoverySlots(context);
        var news = new SlotNews();
        Realm = new Realm(
            keys, _lookups, shares, _policies, _auditKey.PublicKey, secrets.RealmSeed.Span, random, clock,
            new EvidenceLog(context), news);
        Audit = new StoreAudit(
            context, new RealmCheck(keys, _lookups.Ids, shares), new ErasureCheck(context, erasures),
            new RestraintCheck(context, _restraints, erasures), log is null ? null : new LogAudit(context, log));
        var (sets, orphans) = (backups ?? NoBackupSets.Instance, new OrphanAccounts(data, context.Tables));
        Erasures = new Erasures(
            context, erasures, _restraints, ring, secrets, sets, tombstones ?? NoTombstones.Instance, log);
        Sweeper = new Sweeper(context, Erasures, orphans, Realm.Accounts);
        Ring = ring;
        RingAudit = new RingAudit(keys, context.Tables, ring);
        Rotation = new KekRotation(keys, context.Tables, ring, random, clock.Timers);
        Backups = new KeyBackups(context, ring, Rotation, secrets, sets);
        Quarantine = new Quarantine(context, Erasures, orphans, Rotation);
        LogSignal = context.Log;
        Log = log is null
            ? null : new Sequencer(
                data, keys, log, context.Tables, secrets.LogKeys(logKeysOverlap),
                new LogSettings(
                    logOrigin, newLogAfter, () => context.Policy, context.Restores.IdsAsync, () => context.Now),
                random, clock.Timers, context.Feeds,
                witnesses);
        _feeds = context.Feeds;
        var eventKeys = new EventKeys(keys, subjectKeys);
        Feed = new FeedReader(data, keys, _lookups, eventKeys, context.Feeds, () => context.Now.Wall);
        Guesses = new GuessTeller(keys, _lookups, eventKeys, news, context.Feeds, clock);
        Statistics = new StatisticsReader(context.Feeds, _policies, () => context.Now.Wall);
        (WebhookKeys, WebhookCursors) = (secrets.WebhookKeys(webhookKeysOverlap), new WebhookCursors(keys));
    }

    /// <summary>The server's clock, by which all ages and holds go.</summary>
    public ServerClock Clock { get; }

    /// <summary>The one way into an account.</summary>
    public AccountGate Gate { get; }

    /// <summary>Makes accounts.</summary>
    public AccountCreation Accounts { get; }

    /// <summary>Tells whose an account is.</summary>
    public AccountOwners Owners { get; }

    /// <summary>Gives accounts another user.</summary>
    public AccountMover Mover { get; }

    /// <summary>Moves accounts of many users.</summary>
    public BulkMoves BulkMoves { get; }

    /// <summary>Moves all accounts of an issuer that has a new name.</summary>
    public IssuerMoves IssuerMoves { get; }

    /// <summary>Commits changes.</summary>
    public Commits Commits { get; }

    /// <summary>Tells of whoever reads with a slot.</summary>
    public RecoveryTries Tries { get; }

    /// <summary>Reads vaults and items.</summary>
    public VaultReader Vaults { get; }

    /// <summary>Tells the states that an account can go back to.</summary>
    public RestorePointReader RestorePoints { get; }

    /// <summary>Tells what was done to an account.</summary>
    public ActivityReader Activity { get; }

    /// <summary>Tells all that the service holds on an account.</summary>
    public AccountExport Exports { get; }

    /// <summary>Stores larger items ahead of their commit.</summary>
    public ItemStaging Staging { get; }

    /// <summary>Takes back what was lost.</summary>
    public Repairs Repairs { get; }

    /// <summary>Tells a user's passphrase slots.</summary>
    public RecoverySlots RecoverySlots { get; }

    /// <summary>Evaluates and counts guesses at passphrases.</summary>
    public Realm Realm { get; }

    /// <summary>Carries messages between two devices that are being linked.</summary>
    public ILinkRelay Links { get; }

    /// <summary>Erases accounts.</summary>
    public Erasures Erasures { get; }

    /// <summary>What operators are told of accounts, and decide about them.</summary>
    public AccountDesk Desk { get; }

    /// <summary>Has what operators decide hold, and be told.</summary>
    public Restrainer Restraints { get; }

    /// <summary>Removes orphans.</summary>
    public Sweeper Sweeper { get; }

    /// <summary>The operator's check.</summary>
    public StoreAudit Audit { get; }

    /// <summary>The keys that wrap subject keys and shares.</summary>
    public IKekRing Ring { get; }

    /// <summary>Moves all rows to a new KEK and destroys the old one.</summary>
    public KekRotation Rotation { get; }

    /// <summary>Where a rotation is asked for, and who carries it out waits.</summary>
    public RotationRequests RotationRequests { get; } = new();

    /// <summary>What backup sets need of the keys.</summary>
    public KeyBackups Backups { get; }

    /// <summary>What a restored store goes through before it is served.</summary>
    public Quarantine Quarantine { get; }

    /// <summary>What the apps are told.</summary>
    public FeedReader Feed { get; }

    /// <summary>Tells the apps of wrong guesses.</summary>
    public GuessTeller Guesses { get; }

    /// <summary>What signs what is sent to the apps' webhooks.</summary>
    public WebhookKeys WebhookKeys { get; }

    /// <summary>How far each webhook was told.</summary>
    public WebhookCursors WebhookCursors { get; }

    /// <summary>What was counted of the apps.</summary>
    public StatisticsReader Statistics { get; }

    /// <summary>Removes what the feeds have had for longer than 30 days.</summary>
    /// <returns>How many pages went.</returns>
    /// <exception cref="StoreUnavailableException">The key store cannot do it.</exception>
    public async Task<int> TrimFeedsAsync(CancellationToken ct) => await _feeds.TrimAsync(ct);

    /// <summary>Appends committed changes to the log; null where none is kept.</summary>
    public Sequencer? Log { get; }

    /// <summary>Says that a change waits for it.</summary>
    public LogSignal LogSignal { get; }

    /// <summary>Counts what hangs on each KEK.</summary>
    public RingAudit RingAudit { get; }

    /// <summary>Replaces the apps' policies; the log has the statement of them before a leaf names it.</summary>
    /// <exception cref="StoreUnavailableException">It could not be put there; nothing has changed.</exception>
    public Task ChangePoliciesAsync(IAppPolicies policies, CancellationToken ct) =>
        _policies.ReplaceAsync(policies, _files, ct);

    /// <inheritdoc/>
    public void Dispose()
    {
        Links.Dispose();
        Log?.Dispose();
        WebhookKeys.Dispose();
        LogSignal.Dispose();
        Rotation.Dispose();
        RotationRequests.Dispose();
        Gate.Dispose();
        Realm.Dispose();
        Erasures.Dispose();
        _restraints.Dispose();
        _auditKey.Dispose();
        _lookups.Dispose();
    }
}
