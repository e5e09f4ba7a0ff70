using KeyRecovery.Api.Options;
using KeyRecovery.Service.Keys;
using KeyRecovery.Storage.Files.Ring;

namespace KeyRecovery.Api.Stores;

/// <summary>Where the root key comes from: a file beside the ring, the settings, or Azure Key Vault.</summary>
internal static class RootKeys
{
    /// <summary>Opens it.</summary>
    /// <param name="options">Say where it is.</param>
    /// <param name="random">Draws nonces, and the key of a new file.</param>
    /// <param name="mayCreate">Whether a missing file is made: only while nothing depends on it.</param>
    /// <exception cref="KekRingException">It is missing, no key, or the vault does not give it.</exception>
    public static async Task<IRotatingRootKey> OpenAsync(KeyRecoveryOptions options, IRandom random, bool mayCreate)
    {
        var (ring, folder) = (options.Ring, options.Directories.Ring);
        if (ring.RootKeyVault is { } vault)
        {
            var secrets = new VaultSecrets(AzureCredentials.Of(ring.Credential)!, null);
            return SettingRootKey.Open(folder, await secrets.ReadAsync(vault), ring.RootKeyVaultNext is { } next
                ? await secrets.ReadAsync(next) : null, random);
        }

        return ring.RootKey is { } key
            ? SettingRootKey.Open(folder, key, ring.RootKeyNext, random)
            : FileRootKey.Open(folder, random, mayCreate);
    }
}
