using KeyRecovery.Protocol.Primitives;
using KeyRecovery.Protocol.Vault;
using KeyRecovery.Service.Accounts;
using KeyRecovery.Service.Clocks;
using KeyRecovery.Service.Feed;
using KeyRecovery.Service.Gate;
using KeyRecovery.Service.Linking;
using KeyRecovery.Service.Log;
using KeyRecovery.Service.Rows;
using KeyRecovery.Service.Stores;
using KeyRecovery.Service.Tables;

namespace KeyRecovery.Service.UseCases;

/// <summary>What the use cases share.</summary>
internal sealed record ServiceContext(
    IDataStore Data, IKeyStore Keys, TableRegistry Tables, Lookups Lookups, SubjectKeys SubjectKeys,
    LivePolicies Policies, ILinkSessions Links, SigningKey AuditKey, IRandom Random, ServerClock Clock)
{
    public RestoreLog Restores { get; } = new(Keys, Data);

    public AccountDoor Door => field ??= new AccountDoor(
        Data, Keys, Lookups, SubjectKeys, Openings);

    public FirstOpening Openings => field ??=
        new FirstOpening(Data, Keys, Restores, AuditKey, Random, () => Policy.Hash, () => Now);

    public KeyRowUpkeep KeyRows => field ??= new KeyRowUpkeep(Keys, Restores, () => Now);

    /// <summary>The names of users.</summary>
    public UserNames Names => field ??= new UserNames(Keys, Lookups, Policies);

    /// <summary>The apps' lists of their accounts.</summary>
    public AppAccounts AppAccounts => field ??= new AppAccounts(Keys, Lookups, Restores);

    public AccountTurns Turns { get; } = new();

    /// <summary>What the apps allow, as leaves of the log name it.</summary>
    public PolicyStatement Policy => Policies.Statement;

    /// <summary>What the apps are told.</summary>
    public AppFeeds Feeds => field ??= new AppFeeds(Keys, Random, () => Now.Wall);

    /// <summary>Whether apps with a quota have room.</summary>
    public AppUsage Usage => field ??= new AppUsage(Feeds, Policies, () => Now.Wall);

    /// <summary>The apps' rules for accounts that nobody uses.</summary>
    public Inactivity Inactivity => field ??= new Inactivity(Feeds, Policies, Restores, Clock);

    /// <summary>Where the log's sequencer waits for changes.</summary>
    public LogSignal Log { get; } = new();

    /// <summary>
    /// Signs the head that an account row is to have (docs/protocol.md §7): never from before a claim that the row
    /// tells.
    /// </summary>
    public SignedHead SignHead(AccountState state) => SignedHead.Sign(
        new AccountHead(
            state.Account, state.Chain, new ManifestPlace(state.ManifestVersion, state.ManifestHash),
            state.ManifestTrail, Math.Max(Now.Wall, Claims.NewestTime(state.Claims))),
        AuditKey);

    /// <summary>What the server's clock says.</summary>
    public Moment Now => Clock.Now;
}
