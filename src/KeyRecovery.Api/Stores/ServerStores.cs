using KeyRecovery.Api.Options;
using KeyRecovery.Api.Witnesses;
using KeyRecovery.Service;
using KeyRecovery.Service.Clocks;
using KeyRecovery.Service.Erasure;
using KeyRecovery.Service.Keys;
using KeyRecovery.Service.Linking;
using KeyRecovery.Service.Log;
using KeyRecovery.Service.Rotation;
using KeyRecovery.Service.Stores;
using KeyRecovery.Storage.Files.Backups;
using KeyRecovery.Storage.Files.Fence;

namespace KeyRecovery.Api.Stores;

/// <summary>
/// What the server keeps, open, and the service over it: the two stores, the ring with its root key, the server's
/// secrets. Disposal writes what waits and empties the write-ahead log.
/// </summary>
internal sealed class ServerStores : IAsyncDisposable
{
    private readonly List<IDisposable> _secret;

    private ServerStores(
        IStoreSet pair, List<IDisposable> secret, KeyRecoveryService service, RootKeyRotation rootRotation,
        BackupSetList sets, EscrowFolder? escrows, ITombstones tombstones, ILogFiles logFiles)
    {
        Pair = pair;
        _secret = secret;
        Service = service;
        RootRotation = rootRotation;
        (Sets, Escrows, Tombstones, LogFiles) = (sets, escrows, tombstones, logFiles);
    }

    /// <summary>Both stores.</summary>
    public IStoreSet Pair { get; }

    /// <summary>The use cases.</summary>
    public KeyRecoveryService Service { get; }

    /// <summary>Replaces the root key.</summary>
    public RootKeyRotation RootRotation { get; }

    /// <summary>The backup sets that hold keys.</summary>
    public BackupSetList Sets { get; }

    /// <summary>Where their escrows are; null where none are made.</summary>
    public EscrowFolder? Escrows { get; }

    /// <summary>The list of all that was erased.</summary>
    public ITombstones Tombstones { get; }

    /// <summary>Where the log lies.</summary>
    public ILogFiles LogFiles { get; }

    /// <summary>Opens everything; what never was there is made.</summary>
    /// <param name="options">Where everything is.</param>
    /// <param name="time">The server's clock.</param>
    /// <param name="loggers">Where the stores log to.</param>
    /// <param name="isRestoring">Whether this is to end a restore, which nobody else opens.</param>
    /// <param name="home">The stores; null for those that the settings name.</param>
    /// <param name="isReading">Whether nothing is written: also what a move has left is opened.</param>
    /// <exception cref="StoreOpenException">
    /// Another process has it, the two stores are no pair, or one is of a newer schema; several instances are set, and
    /// the store is one process's.
    /// </exception>
    /// <exception cref="KekRingException">The root key or the ring is missing, another's or damaged.</exception>
    /// <exception cref="RootKeyMismatchException">The root key is another's.</exception>
    /// <exception cref="StoreUnavailableException">A file cannot be read or written.</exception>
    public static async Task<ServerStores> OpenAsync(
        KeyRecoveryOptions options, TimeProvider time, ILoggerFactory loggers, bool isRestoring = false,
        Func<ServerClock, IStoreHome>? home = null, bool isReading = false)
    {
        var (places, random, clock) = (options.Directories, SystemRandom.Instance, new ServerClock(time));
        places.Create();
        var storeHome = home?.Invoke(clock) ?? StoreHomes.Of(options, clock, loggers);
        var isShared = options.Instances > 1;
        if (isShared && !storeHome.IsShared)
            throw new StoreOpenException(
                $"{KeyRecoveryOptions.Section}:Instances is {options.Instances}, and one process at a time opens "
                + $"{storeHome.PlaceOf(StoreKind.Data)}: several instances need a store that they can share");
        var pair = await storeHome.NamedAsync(() => isRestoring ? storeHome.OpenRestoredAsync()
            : isReading ? storeHome.OpenToReadAsync() : storeHome.OpenAsync());
        var secret = new List<IDisposable>();
        try
        {
            var isFirst = !await ServerSecrets.ExistAsync(pair.Keys, CancellationToken.None);
            // Before the secrets: with them the pair is no new one, and a list that is missing was lost.
            var (tombstones, listed) = await SharedPlaces.FenceAsync(options, isRestoring, isFirst);
            secret.AddRange(new object[] { tombstones, listed }.OfType<IDisposable>());
            var root = await RootKeys.OpenAsync(options, random, isFirst);
            secret.Add((IDisposable)root);
            var ring = await SharedPlaces.RingAsync(options, pair.Keys, root, random, time, isFirst);
            secret.Add((IDisposable)ring);
            var secrets = await ServerSecrets.LoadOrCreateAsync(
                pair.Keys, root, random, CancellationToken.None, isReading ? 1 : options.Log.Keys,
                isReading ? 0 : options.Webhooks.Keys);
            secret.Add(secrets);
            var log = await SharedPlaces.LogAsync(options);
            secret.AddRange(new object[] { log }.OfType<IDisposable>());
            var escrows = options.Backup.EscrowDirectory is { } directory ? new EscrowFolder(directory) : null;
            var sets = new BackupSetList(listed, escrows, time);
            var witnesses = WitnessesOf(options, time, secret);
            var service = new KeyRecoveryService(
                pair.Data, pair.Keys, ring, secrets, new AppPolicies(options.Apps), random, clock, tombstones, sets,
                log: log, logOrigin: options.Log.Origin, newLogAfter: options.Log.BeginAnewAfter,
                logKeysOverlap: options.Log.KeyOverlap,
                webhookKeysOverlap: options.Webhooks.KeyOverlap,
                witnesses: witnesses,
                links: isShared
                    ? new StoreLinkRelay(pair.Data, pair.Keys, secrets.LookupKey, random, clock) : null);
            secret.Add(service);
            // What was wrapped under it would be lost with the right one.
            if (await service.RingAudit.CountNewerAsync(CancellationToken.None) is > 0 and var newer)
                throw new KekRingException(
                    $"the ring in {places.Ring} is older than the key store: {newer} rows hang on KEKs that it does "
                    + "not know. Put the newer ring back, or restore the keys from a backup set");
            var rootRotation = new RootKeyRotation(pair.Keys, root, [(IRootSealed)ring]);
            secret.Add(rootRotation);
            return new ServerStores(pair, secret, service, rootRotation, sets, escrows, tombstones, log);
        }
        catch
        {
            await CloseAsync(pair, secret);
            throw;
        }
    }

    public ValueTask DisposeAsync() => CloseAsync(Pair, _secret);

    private static LogWitnesses? WitnessesOf(KeyRecoveryOptions options, TimeProvider time, List<IDisposable> secret)
    {
        if (options.Log.Policy is not { } path) return null;
        if (!LogPolicyFile.TryRead(path, out var policy, out var fault))
            throw new StoreUnavailableException(StoreFault.Failed, $"the log's policy {path}: {fault}");
        var asked = new HttpWitnesses(time);
        secret.Add(asked);
        return new LogWitnesses(policy, asked);
    }

    private static async ValueTask CloseAsync(IStoreSet pair, List<IDisposable> secret)
    {
        // The stores first: what still waits is written while the keys are there.
        await pair.DisposeAsync();
        for (var i = secret.Count - 1; i >= 0; i--) secret[i].Dispose();
    }
}
