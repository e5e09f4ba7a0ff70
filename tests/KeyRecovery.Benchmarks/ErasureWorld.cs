using KeyRecovery.Service;
using KeyRecovery.Service.Accounts;
using KeyRecovery.Service.Clocks;
using KeyRecovery.Service.Keys;
using KeyRecovery.Service.Stores;
using KeyRecovery.Storage.Files.Fence;
using KeyRecovery.Storage.Files.Log;
using KeyRecovery.Storage.Files.Ring;
using KeyRecovery.Storage.Sqlite;
using Microsoft.Extensions.Logging.Abstractions;

namespace KeyRecovery.Benchmarks;

/// <summary>The service over the files of a server's folder, as the host opens them, and without the web.</summary>
internal sealed class ErasureWorld : IAsyncDisposable, IAppPolicies
{
    public const string App = "demo";
    public const string Issuer = "urn:keyrecovery:development";

    private readonly List<IDisposable> _secrets = [];
    private SqliteStorePair _pair = null!;

    public KeyRecoveryService Service { get; private set; } = null!;

    /// <summary>The log's files; null where it has none.</summary>
    public LogFolder? Log { get; private set; }

    public ServerSecrets Secrets { get; private set; } = null!;

    public IDataStore Data => _pair.Data;

    public IKeyStore Keys => _pair.Keys;

    public IReadOnlyCollection<string> Apps => [App];

    public AppPolicy Of(string app) => AppPolicy.Default with { ErasureHold = TimeSpan.Zero };

    public static async Task<ErasureWorld> OpenAsync(string folder, bool hasLog = false)
    {
        var world = new ErasureWorld();
        var (random, time) = (SystemRandom.Instance, TimeProvider.System);
        var clock = new ServerClock(time);
        foreach (var place in new[] { "stores", "keys", "ring", "fence" })
            Directory.CreateDirectory(
                Path.Combine(folder, place), UnixFileMode.UserRead | UnixFileMode.UserWrite | UnixFileMode.UserExecute);
        world._pair = await SqliteStorePair.OpenAsync(
            DataFile(folder), KeyFile(folder), random, clock, NullLoggerFactory.Instance);
        var isFirst = !await ServerSecrets.ExistAsync(world.Keys, default);
        var ringFolder = Path.Combine(folder, "ring");
        var root = FileRootKey.Open(ringFolder, random, isFirst);
        var ring = FileKekRing.Open(ringFolder, root, random, time, isFirst);
        var secrets = await ServerSecrets.LoadOrCreateAsync(world.Keys, root, random, default);
        var tombstones = new TombstoneFile(Path.Combine(folder, "fence"));
        world.Secrets = secrets;
        if (hasLog) world._secrets.Add(world.Log = new LogFolder(Path.Combine(folder, "log")));
        world.Service = new KeyRecoveryService(
            world.Data, world.Keys, ring, secrets, world, random, clock, tombstones, log: world.Log);
        world._secrets.AddRange([root, ring, secrets, tombstones]);
        return world;
    }

    public static string DataFile(string folder) => Path.Combine(folder, "stores", "data.db");

    public static string KeyFile(string folder) => Path.Combine(folder, "keys", "keys.db");

    public async ValueTask DisposeAsync()
    {
        await _pair.DisposeAsync();
        Service.Dispose();
        foreach (var secret in Enumerable.Reverse(_secrets)) secret.Dispose();
    }
}
