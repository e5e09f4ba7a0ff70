using KeyRecovery.Api.Options;
using KeyRecovery.Api.Stores;
using KeyRecovery.Service.Backups;
using KeyRecovery.Service.Keys;
using KeyRecovery.Service.Restore;
using KeyRecovery.Service.Stores;
using KeyRecovery.Storage.Files.Ring;

namespace KeyRecovery.Api.Backups;

/// <summary>
/// The key store that lies in the place of the one that is to be restored; the caller holds the locks.
/// </summary>
internal static class PresentKeys
{
    /// <summary>
    /// Whether it is the set's, and sound: then whoever restores it anew loses what is newer, and gains nothing.
    /// </summary>
    public static async Task<bool> AreSoundAsync(
        IStoreFiles home, KeyRecoveryOptions options, BackupSet set, TimeProvider time, CancellationToken ct)
    {
        if (!home.Exists(StoreKind.Keys)) return false;
        var place = home.PlaceOf(StoreKind.Keys);
        try
        {
            if (!home.PairIdOf(StoreKind.Keys, place).Span.SequenceEqual(set.PairId.Span)) return false;
            using var root = (IDisposable)await RootKeys.OpenAsync(options, SystemRandom.Instance, mayCreate: false);
            using var ring = FileKekRing.Open(
                options.Directories.Ring, (IRootKey)root, SystemRandom.Instance, time, mayCreate: false);
            return await home.LookIntoKeysAsync(place, async store =>
            {
                using var secrets = await ServerSecrets.LoadOrCreateAsync(
                    store, (IRootKey)root, SystemRandom.Instance, ct);
                return await KeyStoreCheck.IsSoundAsync(store, ring, ct);
            });
        }
        catch (Exception e) when (e is IOException or UnauthorizedAccessException or StoreUnavailableException
            or StoreOpenException or KekRingException or RootKeyMismatchException)
        {
            return false;
        }
    }
}
