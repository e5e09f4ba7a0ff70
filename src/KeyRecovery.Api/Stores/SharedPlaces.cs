using Azure.Security.KeyVault.Secrets;
using Azure.Storage;
using Azure.Storage.Blobs;
using KeyRecovery.Api.Options;
using KeyRecovery.Protocol.Primitives;
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
    /// <summary>The list of tombstones, and the log's files.</summary>
    /// <exception cref="StoreUnavailableException">They cannot be made.</exception>
    public static async Task<(ITombstones Tombstones, ILogFiles Log)> OpenAsync(
        KeyRecoveryOptions options, bool isRestoring)
    {
        if (options.Blobs.Container is { } container)
        {
            var place = new BlobPlace(ClientOf(container, options.Blobs.Credential));
            await place.EnsureAsync(CancellationToken.None);
            return (new BlobTombstones(place), new BlobLogFiles(place));
        }

        var tombstones = new TombstoneFile(options.Directories.Fence);
        if (!isRestoring) tombstones.Ensure();
        return (tombstones, new LogFolder(options.Directories.Log));
    }

    /// <summary>The ring, in its file or in a key vault.</summary>
    /// <exception cref="KekRingException">It is missing, another's or damaged.</exception>
    /// <exception cref="StoreUnavailableException">The vault or the key store cannot answer.</exception>
    public static async Task<IKekRing> RingAsync(
        KeyRecoveryOptions options, IKeyStore keys, IRootKey root, IRandom random, TimeProvider time, bool mayCreate)
    {
        if (options.Ring.KeyVault is not { } vault)
            return FileKekRing.Open(options.Directories.Ring, root, random, time, mayCreate);
        var client = new SecretClient(vault, AzureCredentials.Of(options.Ring.Credential), KekVault.Options());
        return await KeyVaultKekRing.OpenAsync(
            new KekVault(client, time), keys, root, random, time, mayCreate, CancellationToken.None);
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
