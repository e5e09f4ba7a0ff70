using Azure.Security.KeyVault.Secrets;
using Azure.Storage;
using Azure.Storage.Blobs;
using KeyRecovery.Api.Options;
using KeyRecovery.Service.Backups;
using KeyRecovery.Service.Erasure;
using KeyRecovery.Service.Keys;
using KeyRecovery.Service.Log;
using KeyRecovery.Service.Stores;
using KeyRecovery.Storage.Azure.Blobs;
using KeyRecovery.Storage.Azure.Fence;
using KeyRecovery.Storage.Azure.Log;
using KeyRecovery.Storage.Azure.Ring;
using KeyRecovery.Storage.Files.Fence;
using KeyRecovery.Storage.Files.Log;
using KeyRecovery.Storage.Files.Ring;

namespace KeyRecovery.Api.Stores;

/// <summary>What the server keeps beside its stores, in folders or where several instances have it.</summary>
internal static class SharedPlaces
{
    /// <summary>The fence: the lists of tombstones and of backup sets.</summary>
    /// <exception cref="StoreUnavailableException">It cannot be made, or not be read.</exception>
    /// <exception cref="StoreOpenException">It is lost.</exception>
    public static async Task<(ITombstones Tombstones, ISetList Sets)> FenceAsync(
        KeyRecoveryOptions options, bool isRestoring, bool mayCreate = false)
    {
        if (await ContainerAsync(options) is { } place) return (new BlobTombstones(place), new BlobSetList(place));
        var tombstones = new TombstoneFile(options.Directories.Fence);
        if (isRestoring) return (tombstones, new SetListFile(options.Directories.Fence));
        var path = Path.Combine(options.Directories.Fence, TombstoneFile.FileName);
        if (!mayCreate && !File.Exists(path))
            throw new StoreOpenException(
                $"{path} is missing. The list of who was erased is never replaced by an empty one: put the newest copy "
                + "of the folder back. If there is none, make an empty file there; a restore then brings back whoever "
                + "was erased since its set was made");
        tombstones.Ensure();
        return (tombstones, new SetListFile(options.Directories.Fence));
    }

    /// <summary>The log's files.</summary>
    /// <exception cref="StoreUnavailableException">Their place cannot be made.</exception>
    public static async Task<ILogFiles> LogAsync(KeyRecoveryOptions options) =>
        await ContainerAsync(options) is { } place
            ? new BlobLogFiles(place) : new LogFolder(options.Directories.Log);

    /// <summary>The ring, in its file or in a key vault.</summary>
    /// <exception cref="KekRingException">It is missing, another's or damaged.</exception>
    /// <exception cref="StoreUnavailableException">The vault or the key store cannot answer.</exception>
    public static async Task<IKekRing> RingAsync(
        KeyRecoveryOptions options, IKeyStore keys, IRootKey root, IRandom random, TimeProvider time, bool mayCreate,
        uint first = 1)
    {
        if (options.Ring.KeyVault is not { } vault)
            return FileKekRing.Open(options.Directories.Ring, root, random, time, mayCreate, first);
        var client = new SecretClient(vault, AzureCredentials.Of(options.Ring.Credential), KekVault.Options());
        return await KeyVaultKekRing.OpenAsync(
            new KekVault(client, time), keys, root, random, time, mayCreate, CancellationToken.None, first);
    }

    private static async Task<BlobPlace?> ContainerAsync(KeyRecoveryOptions options)
    {
        if (options.Blobs.Container is not { } container) return null;
        var place = new BlobPlace(ClientOf(container, options.Blobs.Credential));
        await place.EnsureAsync(CancellationToken.None);
        return place;
    }

    private static BlobContainerClient ClientOf(Uri container, AzureCredentialOptions credential)
    {
        if (AzureCredentials.Of(credential) is { } identity)
            return new BlobContainerClient(container, identity, BlobPlace.Options());
        var account = new BlobUriBuilder(container).AccountName;
        return new BlobContainerClient(
            container, new StorageSharedKeyCredential(account, credential.Key), BlobPlace.Options());
    }
}
