using KeyRecovery.Client.Devices;
using KeyRecovery.Protocol.Vault;
using KeyRecovery.Protocol.Wire;

namespace KeyRecovery.Client.Restores;

/// <summary>What people are told of a restored server.</summary>
internal static class RestoreTelling
{
    /// <summary>Compares what was replaced with what is there now.</summary>
    public static RestoreConflictInfo Of(
        KeyRecoveryOptions options, DeviceKeys keys, ReplacedVault replaced, VerifiedVault now)
    {
        var info = new RestoreConflictInfo(
            ToldTime.At(replaced.RestoredAt), replaced.Fault, 0, [], [], []);
        if (VerifiedVault.Reopen(options.App, replaced.Vault, keys.Identity, replaced.HashesTrail)
            is not VaultVerdict.Ok { Vault: var known }) return info;
        var (open, _) = known.Open(keys.Id, keys.Kem);
        using (open)
        {
            var before = AuthorityInfo.AllOf(known, open?.Private.Authorities, [], keys.Id);
            var returned = AuthorityInfo.AllOf(now, open?.Private.Authorities, [], keys.Id)
                .Where(a => known.Chain.FindActive(a.Id) is null && known.Chain.Authorities.ContainsKey(a.Id));
            return info with
            {
                KnownVersion = known.Manifest.Manifest.Version,
                LostItems = [.. Lost(open, now).Order(StringComparer.Ordinal)],
                LostAuthorities = [.. before.Where(a => !now.Chain.Authorities.ContainsKey(a.Id))],
                ReturnedAuthorities = [.. returned],
            };
        }
    }

    /// <summary>How an account stands that lacks its newest links; null for every other.</summary>
    public static BehindInfo? Behind(VerifiedVault vault, ManifestPrivate? told, AuthorityId own)
    {
        if (vault.BehindSince is not { } at) return null;
        return new BehindInfo(
            ToldTime.At(at), ToldTime.At(at + Limits.RestoreWaitSeconds),
            [
                .. AuthorityInfo.AllOf(vault, told?.Authorities, [], own)
                    .Where(a => !vault.ActiveAtMinChain.Contains(a.Id)),
            ]);
    }

    private static IEnumerable<string> Lost(OpenVault? known, VerifiedVault now) => known is null ? []
        : known.Private.Items.Where(note => !ReservedName.Is(note.Name)).Where(note =>
        {
            var (then, entry) = (known.Vault.Manifest.Manifest.Find(note.Id), now.Manifest.Manifest.Find(note.Id));
            return entry is null || (entry.Hash != then!.Hash && entry.Version <= then.Version);
        }).Select(note => note.Name);
}
