using System.Collections.Immutable;
using KeyRecovery.Protocol.Audit;
using KeyRecovery.Protocol.Primitives;
using KeyRecovery.Protocol.Vault;
using KeyRecovery.Protocol.Wire;
using KeyRecovery.Service.Accounts;
using KeyRecovery.Service.Clocks;
using KeyRecovery.Service.Errors;
using KeyRecovery.Service.Gate;
using KeyRecovery.Service.Keys;
using KeyRecovery.Service.Linking;
using KeyRecovery.Service.Log;
using KeyRecovery.Service.Maintenance;
using KeyRecovery.Service.Rotation;
using KeyRecovery.Service.Stores;
using KeyRecovery.Service.Tables;
using KeyRecovery.Storage.Files.Fence;
using KeyRecovery.Storage.Files.Log;
using KeyRecovery.Storage.Files.Ring;
using KeyRecovery.Storage.Sqlite;
using KeyRecovery.Storage.Sqlite.Options;
using KeyRecovery.Testing;
using KeyRecovery.Testing.Stores;
using KeyRecovery.Testing.Stores.Cosmos;
using Microsoft.Extensions.Logging.Abstractions;

namespace KeyRecovery.Service.Tests.Support;

/// <summary>
/// The service over real SQLite stores, with a clock that the test moves: what takes days is shown in milliseconds.
/// </summary>
internal sealed class TestService : IAsyncDisposable, IAppPolicies
{
    private readonly List<IDisposable> _secrets = [];
    private IStoreSet _pair = null!;
    private Func<ulong?, LogWitnesses?, KeyRecoveryService> _newService = null!;
    private Func<int, bool, Task<KeyRecoveryService>> _rotated = null!;

    /// <summary>
    /// Whether all tests run on stores that do one step after the other, as a document database does: <c>.ci/run</c>
    /// runs them so a second time, with <c>KEYRECOVERY_STEPWISE=1</c>. With <c>KEYRECOVERY_STORE=cosmos</c> they run on
    /// the emulator of one.
    /// </summary>
    private static bool IsStepwise => Environment.GetEnvironmentVariable("KEYRECOVERY_STEPWISE") == "1";

    /// <summary>With the folders <c>data</c>, <c>keys</c> and <c>ring</c>.</summary>
    public string Folder { get; private init; } = "";

    private bool IsOnAccounts { get; init; }

    public TableRegistry Tables { get; private init; } = TableRegistry.Default;

    private bool SharesLinks { get; init; }

    public IKekRing Ring => Service.Ring;

    public FileRootKey Root { get; private set; } = null!;

    public RootKeyRotation RootRotation { get; private set; } = null!;

    public TwoClocks Time { get; } = new(new DateTimeOffset(2026, 6, 1, 8, 0, 0, TimeSpan.Zero));

    public KeyRecoveryService Service { get; private set; } = null!;

    /// <summary>Another process over the same stores: it waits for nobody's turn here.</summary>
    public KeyRecoveryService Other { get; private set; } = null!;

    public IDataStore Data { get; private set; } = null!;

    public IKeyStore Keys { get; private set; } = null!;

    /// <summary>What a receipt says of the data store's journals, where it has any.</summary>
    public IEnumerable<ErasureProof> Emptied => Data.HasJournals ? [ErasureProof.JournalsEmptied] : [];

    public ReadOnlyMemory<byte> LookupKey { get; private set; }

    public TimeSpan ErasureHold { get; set; } = TimeSpan.FromHours(72);

    public int CommitsPerDay { get; set; } = AppPolicy.Default.CommitsPerDay;

    public AppQuota Quota { get; set; } = AppQuota.None;

    public InactivityPolicy? Inactive { get; set; }

    public FixedBackupSets Backups { get; } = new();

    public string StorePath => Path.Combine(Folder, "data", "data.db");

    public string LogPath => Path.Combine(Folder, "log");

    /// <summary>One more process over the same stores; the caller disposes it.</summary>
    public KeyRecoveryService NewService(ulong? newLogAfter = null, LogWitnesses? witnesses = null) =>
        _newService(newLogAfter, witnesses);

    /// <summary>As above, whose log has had so many keys.</summary>
    public Task<KeyRecoveryService> RotatedAsync(int logKeys, bool overlaps) => _rotated(logKeys, overlaps);

    public LogFolder LogFiles { get; private set; } = null!;

    public PassphrasePolicy Passphrase { get; set; } = PassphrasePolicy.Default;

    /// <summary>The homes that this server as a realm believes, beside itself.</summary>
    public IReadOnlyList<VerifyKey> Homes { get; set; } = TestHome.Keys;

    /// <summary>The names of the app's issuer, where it has had others.</summary>
    public ImmutableArray<string> Issuers { get; set; } = [];

    public IReadOnlyCollection<string> Apps => [TestAccount.DefaultApp];

    public AppPolicy Of(string app) => AppPolicy.Default with
    {
        Passphrase = Passphrase, ErasureHold = ErasureHold, CommitsPerDay = CommitsPerDay, Homes = [.. Homes],
        Issuers = Issuers, Quota = Quota, Inactive = Inactive,
    };

    public static Task<TestService> OpenAsync() =>
        OpenAsync(Directory.CreateTempSubdirectory("keyrecovery-service-").FullName, new TestRandom(7));

    /// <summary>Opens what is in a folder, or makes it.</summary>
    /// <param name="folder">Where.</param>
    /// <param name="random">Safe for concurrent use where the test is.</param>
    /// <param name="between">Stands between the service and the key store.</param>
    /// <param name="leavesRemnants">A store that does not overwrite what it deletes.</param>
    /// <param name="betweenData">Stands between the service and the data store.</param>
    /// <param name="ahead">What the wall clock shows at the start beyond the usual.</param>
    /// <param name="tables">The tables that there are, where they are not those of this program.</param>
    /// <param name="sharesLinks">Whether its processes share their link sessions, as rows.</param>
    /// <param name="network">The way to emulated accounts of Azure Cosmos DB; null for SQLite as a rule.</param>
    public static async Task<TestService> OpenAsync(
        string folder, IRandom random, Func<IKeyStore, IKeyStore>? between = null, bool leavesRemnants = false,
        Func<IDataStore, IDataStore>? betweenData = null,
        TimeSpan ahead = default, TableRegistry? tables = null, bool sharesLinks = false,
        FaultyNetwork? network = null)
    {
        var test = new TestService
        {
            Folder = folder, Tables = tables ?? TableRegistry.Default, SharesLinks = sharesLinks,
            IsOnAccounts = SharedCosmos.IsWanted || network is not null,
        };
        test.Time.Set(ahead);
        foreach (var name in new[] { "data", "keys", "ring" }) Directory.CreateDirectory(Path.Combine(folder, name));
        test._pair = test.IsOnAccounts
            ? await (await SharedCosmos.HomeAsync(
                folder, random, new ServerClock(test.Time), test.Tables, network)).OpenAsync()
            : await SqliteStorePair.OpenAsync(
                new SqliteStoreOptions { Path = Path.Combine(folder, "data", "data.db"), Journal = JournalProfile.Data,
                    Tables = test.Tables, LeavesRemnants = leavesRemnants },
                new SqliteStoreOptions { Path = Path.Combine(folder, "keys", "keys.db"), Journal = JournalProfile.Keys,
                    Tables = test.Tables, LeavesRemnants = leavesRemnants }, random, new ServerClock(test.Time),
                NullLoggerFactory.Instance);
        IDataStore data = IsStepwise ? new StepwiseDataStore(test._pair.Data) : test._pair.Data;
        test.Data = betweenData?.Invoke(data) ?? data;
        try
        {
            await test.OpenKeysAsync(folder, random, between);
            return test;
        }
        catch
        {
            await test._pair.DisposeAsync();
            throw;
        }
    }

    public ValueTask<Outcome<Heads>> CreateAsync(TestAccount account, string subject = "user") =>
        Service.Accounts.CreateAsync(new AppUser(account.AppId, "issuer", subject), account.Commits[0], default);

    public async Task<Outcome<Heads>> CommitAsync(TestAccount account, TestAuthority signer, CommitBundle commit)
    {
        using var open = await PassAsync(account, signer);
        return await Service.Commits.CommitAsync(open, commit, default);
    }

    public async Task<OpenAccount> PassAsync(TestAccount account, TestAuthority who)
    {
        var keyId = who.Entry.Kind == AuthorityKind.Device
            ? KeyId.OfDevice(account.Now.Account, who.Id) : KeyId.OfSlot(who.Id);
        return Assert.IsType<GateResult.Open>(
            await Service.Gate.PassAsync(keyId, key => key == who.Signing.PublicKey, default)).Account;
    }

    public async ValueTask DisposeAsync()
    {
        await CloseAsync();
        Directory.Delete(Folder, recursive: true);
        if (IsOnAccounts) await SharedCosmos.DeleteAsync(Folder);
    }

    /// <summary>Closes everything and leaves the folder.</summary>
    public async ValueTask CloseAsync()
    {
        await _pair.DisposeAsync();
        Service.Dispose();
        Other.Dispose();
        foreach (var secret in Enumerable.Reverse(_secrets)) secret.Dispose();
    }

    private async Task OpenKeysAsync(string folder, IRandom random, Func<IKeyStore, IKeyStore>? between)
    {
        IKeyStore keys = IsStepwise ? new StepwiseKeyStore(_pair.Keys) : _pair.Keys;
        Keys = between?.Invoke(keys) ?? keys;
        var isFirst = !await ServerSecrets.ExistAsync(Keys, default);
        var root = Root = FileRootKey.Open(Path.Combine(folder, "ring"), random, isFirst);
        var ring = FileKekRing.Open(Path.Combine(folder, "ring"), root, random, Time, isFirst);
        var secrets = await ServerSecrets.LoadOrCreateAsync(Keys, root, random, default);
        RootRotation = new RootKeyRotation(Keys, root, [ring]);
        _secrets.AddRange([root, ring, secrets, RootRotation]);
        LookupKey = secrets.LookupKey;
        var tombstones = new KeyRecovery.Storage.Files.Fence.TombstoneFile(Path.Combine(folder, "fence"));
        LogFiles = new LogFolder(LogPath);
        _secrets.Add(LogFiles);
        _rotated = async (keys, overlaps) =>
        {
            var more = await ServerSecrets.LoadOrCreateAsync(Keys, root, random, default, keys);
            _secrets.Add(more);
            return new KeyRecoveryService(
                Data, Keys, ring, more, this, random, new ServerClock(Time), tombstones, Backups, Tables, log: LogFiles,
                logKeysOverlap: overlaps);
        };
        _newService = (newLogAfter, witnesses) => new KeyRecoveryService(
            Data, Keys, ring, secrets, this, random, new ServerClock(Time), tombstones, Backups, Tables, log: LogFiles,
            newLogAfter: newLogAfter, witnesses: witnesses,
            links: SharesLinks
                ? new StoreLinkRelay(Data, Keys, secrets.LookupKey, SystemRandom.Instance, new ServerClock(Time))
                : null);
        (Service, Other) = (NewService(), NewService());
    }
}
