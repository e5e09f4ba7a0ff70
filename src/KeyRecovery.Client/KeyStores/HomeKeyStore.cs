using KeyRecovery.Client.KeyStores;

namespace KeyRecovery;

/// <summary>
/// The key of a home, a folder of <see cref="FileDeviceStore"/>, where that home keeps it: <c>device.place</c> says so,
/// and a home without it has <c>device.key</c>. The place is chosen once, when the key is made, and no later version,
/// session or setting moves it.
/// </summary>
/// <example>
/// <code>
/// var keys = new HomeKeyStore(folder, new HomeKeyOptions());
/// var client = new KeyRecoveryClient(options, new FileDeviceStore(folder, keys: keys));
/// Show($"This device's key lies here: {await keys.FindPlaceAsync()}");
/// </code>
/// </example>
public sealed class HomeKeyStore : IDeviceKeyStore
{
    private readonly string _folder;
    private readonly HomeKeyOptions _options;
    private readonly IRandom _random;
    private readonly SystemKeyStores _systems;
    private (PlaceFile Place, IDeviceKeyStore Keys)? _chosen;

    /// <summary>Names the folder; nothing is read yet.</summary>
    /// <param name="folder">The folder.</param>
    /// <param name="options">For a new home, and for a locked one.</param>
    public HomeKeyStore(string folder, HomeKeyOptions options)
        : this(folder, options, SystemRandom.Instance, SystemKeyStores.OfThisMachine) { }

    internal HomeKeyStore(string folder, HomeKeyOptions options, IRandom random, SystemKeyStores systems) =>
        (_folder, _options, _random, _systems) = (folder, options, random, systems);

    private string KeyPath => Path.Combine(_folder, "device.key");

    private string PlacePath => Path.Combine(_folder, "device.place");

    /// <inheritdoc/>
    public string Place => _chosen?.Keys.Place ?? KeyPath;

    /// <summary>Whether this home has no key yet, and no place for it: what is asked of it here still counts.</summary>
    public bool IsNew => !OwnerFiles.IsThere(PlacePath) && !IsUsed();

    /// <summary>
    /// Where the key lies; for a home that has none, where it would be made. Asks nobody for a passphrase, and may ask
    /// the desktop's keyring whether it is there.
    /// </summary>
    /// <exception cref="DeviceStoreException">What the home says of it does not read.</exception>
    public async ValueTask<DeviceKeyPlace> FindPlaceAsync(CancellationToken ct = default)
    {
        var (place, _) = await ChooseAsync(ct);
        return place.Place is DeviceKeyPlace.File or DeviceKeyPlace.LockedFile && OwnerFiles.IsThere(KeyPath)
            ? KeyFile.IsLocked(KeyPath) ? DeviceKeyPlace.LockedFile : DeviceKeyPlace.File
            : place.Place;
    }

    /// <inheritdoc/>
    public async ValueTask<SecretBytes?> ReadAsync(CancellationToken ct) =>
        await (await ChooseAsync(ct)).Keys.ReadAsync(ct);

    /// <inheritdoc/>
    public async ValueTask WriteAsync(SecretBytes key, CancellationToken ct)
    {
        OwnerFiles.MakeFolder(_folder);
        var (place, keys) = await ChooseAsync(ct);
        // A home never points to where no key came to lie; and what protects a file is known before the file is.
        if (place.IsInFolder) Keep(place);
        await keys.WriteAsync(key, ct);
        if (!place.IsInFolder) Keep(place);
    }

    /// <inheritdoc/>
    public async ValueTask DeleteAsync(CancellationToken ct) => await (await ChooseAsync(ct)).Keys.DeleteAsync(ct);

    /// <summary>
    /// Sets a passphrase on the key's file, or another one in place of it, which is asked for first. Takes a tenth of a
    /// second, and 64 MiB. Copies of the folder from before open with what they had.
    /// </summary>
    /// <param name="passphrase">The new passphrase; it stays the caller's.</param>
    /// <param name="ct">Cancels before anything is changed.</param>
    /// <exception cref="DeviceStoreException">The home has no key, or it does not open.</exception>
    /// <exception cref="InvalidOperationException">The key is in no file: see <see cref="FindPlaceAsync"/>.</exception>
    public async ValueTask LockAsync(Passphrase passphrase, CancellationToken ct = default)
    {
        ArgumentNullException.ThrowIfNull(passphrase);
        await ChangeAsync(async (file, key) =>
        {
            Keep(new PlaceFile(DeviceKeyPlace.LockedFile));
            await file.LockAsync(key, passphrase, ct);
        }, ct);
    }

    /// <summary>Takes the passphrase from the key's file, after it was asked for; done where there is none.</summary>
    /// <param name="ct">Cancels before anything is changed.</param>
    /// <exception cref="DeviceStoreException">The home has no key, or it does not open.</exception>
    /// <exception cref="InvalidOperationException">The key is in no file: see <see cref="FindPlaceAsync"/>.</exception>
    public ValueTask UnlockAsync(CancellationToken ct = default) => ChangeAsync((file, key) =>
    {
        file.WriteBare(key);
        Keep(new PlaceFile(DeviceKeyPlace.File));
        return Task.CompletedTask;
    }, ct);

    // What was opened is what is replaced: where another process has set a lock meanwhile, its passphrase is asked for,
    // and nobody's lock goes unseen. A person is asked while the home is free.
    private async ValueTask ChangeAsync(Func<KeyFile, SecretBytes, Task> change, CancellationToken ct)
    {
        for (var isDone = false; !isDone;)
        {
            var (file, opened) = await OpenFileAsync(ct);
            opened.Dispose();
            await using var held = await HomeLock.TakeAsync(_folder, ct);
            using var key = await file.ReadUnaskedAsync(ct);
            if (key is null) continue;
            await change(file, key);
            isDone = true;
        }
        _chosen = null;
    }

    private async ValueTask<(KeyFile File, SecretBytes Key)> OpenFileAsync(CancellationToken ct)
    {
        if ((await ChooseAsync(ct)).Keys is not KeyFile file)
            throw new InvalidOperationException($"only a key in a file takes a passphrase, and not {Place}");
        return (file, await file.ReadAsync(ct) ?? throw new DeviceStoreException(
            DeviceStoreTrouble.KeyMissing, $"{Place} is missing: this home has no key yet"));
    }

    // Chosen once for a home without a key; what another process has written meanwhile counts.
    private async ValueTask<(PlaceFile Place, IDeviceKeyStore Keys)> ChooseAsync(CancellationToken ct)
    {
        ct.ThrowIfCancellationRequested();
        var place = PlaceFile.Read(PlacePath);
        if (place is null && IsUsed()) place = new PlaceFile(DeviceKeyPlace.File);
        if (_chosen is { } chosen && (place is null || place == chosen.Place)) return chosen;
        place ??= PlaceFile.New(_options.NewHome ?? await _systems.FindAsync(ct), _random);
        _chosen = (place, Open(place));
        return _chosen.Value;
    }

    private bool IsUsed() =>
        OwnerFiles.IsThere(KeyPath) || OwnerFiles.IsThere(Path.Combine(_folder, "device.sealed"));

    // A file alone needs no word: so have homes been from the first version on.
    private void Keep(PlaceFile place)
    {
        if (place.Place != DeviceKeyPlace.File) place.Write(PlacePath);
        else File.Delete(PlacePath);
    }

    private IDeviceKeyStore Open(PlaceFile place) => place.Place switch
    {
        DeviceKeyPlace.SecretService => new SecretServiceKeys(_systems.SessionBus, place.Id),
        DeviceKeyPlace.DataProtection when OperatingSystem.IsWindows() => new DataProtectionKeys(KeyPath),
        DeviceKeyPlace.Keychain when OperatingSystem.IsMacOS() => new KeychainKeys(place.Id),
        DeviceKeyPlace.DataProtection or DeviceKeyPlace.Keychain => throw new DeviceStoreException(
            DeviceStoreTrouble.KeyStoreAway,
            $"{_folder} keeps its key where another system does ({place.Place}): it opens there alone"),
        _ => new KeyFile(KeyPath, _random, _options.AskPassphrase, place.Place == DeviceKeyPlace.LockedFile),
    };
}
