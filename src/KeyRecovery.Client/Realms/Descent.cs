using KeyRecovery.Client.Http;
using KeyRecovery.Protocol.Vault;
using KeyRecovery.Protocol.Wire;

namespace KeyRecovery.Client.Realms;

/// <summary>Whether a vault goes on from a head that the home signed before (docs/protocol.md §7, Trail).</summary>
/// <param name="vault">The vault, verified.</param>
/// <param name="readAfter">Asks the home server for the vault once more, with the manifests' hashes from a version on.
/// </param>
internal sealed class Descent(VerifiedVault vault, Func<ulong, CancellationToken, Task<Answer>> readAfter)
{
    // Of 65,536 hashes each: the home keeps the newest 2^20. What is older is vouched for by the chain alone.
    private const int MostPages = 16;
    private const ulong MostVersions = 1 << 20;

    public VerifiedVault Vault => vault;

    public async Task<bool> IsFromAsync(AccountHead head, CancellationToken ct)
    {
        if (!vault.Chain.Contains(head.Chain)) return false;
        var (place, now) = (head.Manifest, vault.Manifest.Place);
        if (place.Version == now.Version) return place.Hash == now.Hash;
        if (place.Version > now.Version) return false;
        return place.Version >= vault.HashesFrom
            ? vault.Hashes[(int)(place.Version - vault.HashesFrom)] == place.Hash
            : now.Version - place.Version > MostVersions || await LeadsHereAsync(head, ct);
    }

    // The reader remembers fewer hashes, or was told none.
    private async Task<bool> LeadsHereAsync(AccountHead head, CancellationToken ct)
    {
        var (version, trail, end) = (head.Manifest.Version, head.Trail, vault.Manifest.Manifest.Version);
        for (var page = 0; page < MostPages && version < end; page++)
        {
            if (await readAfter(version, ct) is not Answer.Success success) return false;
            try
            {
                var hashes = VaultBundle.Decode(success.Body).Hashes;
                if (hashes.IsEmpty || (page == 0 && hashes[0] != head.Manifest.Hash)) return false;
                var count = Math.Min((ulong)hashes.Length, end - version);
                (version, trail) = (version + count, ManifestTrail.Next(trail, hashes.Take((int)count)));
            }
            catch (Exception e) when (e is WireFormatException or UpgradeRequiredException)
            {
                return false;
            }
        }
        return version == end && trail == vault.Manifest.Manifest.Trail;
    }
}
