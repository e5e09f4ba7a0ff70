using KeyRecovery.Protocol.Primitives;
using KeyRecovery.Protocol.Vault;
using KeyRecovery.Protocol.Wire;
using KeyRecovery.Service.Accounts;
using KeyRecovery.Service.Errors;
using KeyRecovery.Service.Gate;
using KeyRecovery.Service.Keys;
using KeyRecovery.Service.Stores;
using KeyRecovery.Storage.Sqlite;
using KeyRecovery.Storage.Sqlite.Ring;
using KeyRecovery.Testing;
using Microsoft.Extensions.Logging.Abstractions;
using Microsoft.Extensions.Time.Testing;

namespace KeyRecovery.Service.Tests.Support;

/// <summary>The service over real SQLite stores, with a clock that the test moves: what takes days is shown in milliseconds.</summary>
internal sealed class TestService : IAsyncDisposable, IAppPolicies
{
    private readonly string _folder = Directory.CreateTempSubdirectory("keyrecovery-service-").FullName;
    private readonly List<IDisposable> _secrets = [];
    private SqliteStorePair _pair = null!;

    public FakeTimeProvider Time { get; } = new(new DateTimeOffset(2026, 6, 1, 8, 0, 0, TimeSpan.Zero));

    public KeyRecoveryService Service { get; private set; } = null!;

    public IDataStore Data => _pair.Data;

    public IKeyStore Keys => _pair.Keys;

    public IKekRing Ring { get; private set; } = null!;

    public ReadOnlyMemory<byte> LookupKey { get; private set; }

    public PassphrasePolicy Passphrase { get; set; } = PassphrasePolicy.Default;

    public IReadOnlyCollection<string> Apps => [TestAccount.DefaultApp];

    public AppPolicy Of(string app) => AppPolicy.Default with { Passphrase = Passphrase };

    public static async Task<TestService> OpenAsync()
    {
        var test = new TestService();
        var random = new TestRandom(7);
        foreach (var name in new[] { "data", "keys", "ring" }) Directory.CreateDirectory(Path.Combine(test._folder, name));
        test._pair = await SqliteStorePair.OpenAsync(
            Path.Combine(test._folder, "data", "data.db"), Path.Combine(test._folder, "keys", "keys.db"), random, test.Time, NullLoggerFactory.Instance);
        var root = FileRootKey.Open(Path.Combine(test._folder, "ring"), random, true);
        var ring = FileKekRing.Open(Path.Combine(test._folder, "ring"), root, random, test.Time, true);
        var secrets = await ServerSecrets.LoadOrCreateAsync(test.Keys, root, random, default);
        test._secrets.AddRange([root, ring, secrets]);
        test.Ring = ring;
        test.LookupKey = secrets.LookupKey;
        test.Service = new KeyRecoveryService(test.Data, test.Keys, ring, secrets, test, random, test.Time);
        return test;
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
        var keyId = who.Entry.Kind == AuthorityKind.Device ? KeyId.OfDevice(account.Now.Account, who.Id) : KeyId.OfSlot(who.Id);
        return Assert.IsType<GateResult.Open>(await Service.Gate.PassAsync(keyId, key => key == who.Signing.PublicKey, default)).Account;
    }

    public async ValueTask DisposeAsync()
    {
        await _pair.DisposeAsync();
        Service.Dispose();
        foreach (var secret in Enumerable.Reverse(_secrets)) secret.Dispose();
        Directory.Delete(_folder, recursive: true);
    }
}
