using KeyRecovery.Client.Devices;
using KeyRecovery.Client.Http;
using KeyRecovery.Protocol.Vault;

namespace KeyRecovery.Client.Vaults;

/// <summary>Gives back to a server what it lost (docs/protocol.md §7, Repair).</summary>
internal static class VaultRepair
{
    /// <summary>All that a reader has verified.</summary>
    public static RepairBundle Of(VerifiedVault known) => new(known.Links, known.Keyset.Parts, known.Manifest)
    {
        Head = known.Head,
        Trail = known.HashesTrail,
        Between = known.Hashes,
    };

    /// <summary>The way back: the chain that the server has, one more link, and the manifest on it.</summary>
    public static RepairBundle Onward(VerifiedVault behind, CommitBundle commit) => new(
        behind.Links.Add(commit.Link!), [commit.Keyset!], commit.Manifest)
    {
        Head = behind.Head,
        Trail = behind.HashesTrail,
        Between = behind.Hashes.Add(behind.Manifest.Hash),
    };

    /// <summary>Sends it. A problem may come with claims, signed, and with who may go the way back.</summary>
    public static async Task<Outcome<RepairJson>> SendAsync(
        VaultApi api, DeviceKeys signer, RepairBundle repair, CancellationToken ct, string? token = null)
    {
        var outcome = Outcome.Of(
            await api.RepairAsync(signer, repair.Encode(), token, ct), ClientJson.Default.RepairJson);
        return outcome is Outcome<RepairJson>.Done { Told.Heads.ManifestHash: var now }
            && now != repair.Manifest.Hash.ToString()
            ? new Outcome<RepairJson>.Unknown(new ClientFailure.ServerLied(ProtocolFault.HeadMismatch))
            : outcome;
    }
}
