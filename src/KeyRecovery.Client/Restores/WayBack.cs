using System.Collections.Immutable;
using KeyRecovery.Client.Devices;
using KeyRecovery.Client.Vaults;
using KeyRecovery.Protocol.Primitives;
using KeyRecovery.Protocol.Vault;

namespace KeyRecovery.Client.Restores;

/// <summary>
/// The way back of a restored account whose newest links nobody brings (docs/protocol.md §7): the chain that the server
/// has, and one link that removes exactly those who had been removed since.
/// </summary>
internal static class WayBack
{
    /// <summary>Writes it; none where the account has no room for the device that it adds.</summary>
    /// <param name="behind">What the server has, open.</param>
    /// <param name="signer">Who signs; a device, or a slot that then adds one.</param>
    /// <param name="device">The device that it adds, with its name; null where a device signs.</param>
    /// <param name="now">The time, in seconds since 1970.</param>
    /// <param name="random">Draws the new epoch's key.</param>
    public static Result<CommitBundle> Write(
        OpenVault behind, DeviceKeys signer, (NewDevice Device, string Name)? device, ulong now, IRandom random)
    {
        var vault = behind.Vault;
        ImmutableArray<AuthorityId> gone =
            [.. vault.Chain.Active.Select(a => a.Id).Except(vault.ActiveAtMinChain)];
        var change = new ChainLinkChange(device is { } added ? [added.Device.Entry] : [], gone, BeginEpoch: true);
        if (AuthorityLimit.FindFull(vault, change) is { } full) return full;
        using var draft = ChainLinkDraft.Next(behind, change, signer.Id, now, random);
        var possession = new Dictionary<AuthorityId, byte[]>();
        if (device is not { } joining)
            return Bundle(behind, draft, draft.Sign(signer.Signing, possession), new ManifestChange(), signer.Id,
                signer.Signing, random);
        possession[joining.Device.Id] = ChainLinkDraft.ProvePossession(joining.Device.Signing, draft.Body);
        var notes = new ManifestChange { Notes = [new AuthorityNote(joining.Device.Id, joining.Name)] };
        return Bundle(behind, draft, draft.Sign(signer.Signing, possession), notes, joining.Device.Id,
            joining.Device.Signing, random);
    }

    private static CommitBundle Bundle(
        OpenVault behind, ChainLinkDraft draft, SignedChainLink link, ManifestChange change, AuthorityId by,
        SigningKey key, IRandom random) =>
        new(link, draft.Keyset, ManifestDraft.Next(behind, draft, change, by, key, random), []);
}
