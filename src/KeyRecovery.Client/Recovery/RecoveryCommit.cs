using System.Collections.Immutable;
using KeyRecovery.Client.Authorities;
using KeyRecovery.Client.Devices;
using KeyRecovery.Client.Identities;
using KeyRecovery.Client.Vaults;
using KeyRecovery.Protocol.Primitives;
using KeyRecovery.Protocol.Vault;

namespace KeyRecovery.Client.Recovery;

/// <summary>The one commit of a recovery.</summary>
internal static class RecoveryCommit
{
    /// <summary>
    /// Writes the link that brings a device in and removes the lost ones, signed by the slot; none where the account
    /// has no room for it.
    /// </summary>
    /// <param name="open">The account as the slot opens it.</param>
    /// <param name="slot">The slot.</param>
    /// <param name="device">The device that joins, which signs the manifest.</param>
    /// <param name="deviceName">Its name.</param>
    /// <param name="plan">Who goes.</param>
    /// <param name="leftOut">Whom of these a young slot may not remove.</param>
    /// <param name="code">A code that comes with the device; null where none does.</param>
    /// <param name="isStolen">Whether strangers may have used who goes: the account's own keys are due then.</param>
    /// <param name="now">The time, in seconds since 1970.</param>
    /// <param name="random">Draws a new epoch's key.</param>
    public static Result<CommitBundle> Write(
        OpenVault open, DeviceKeys slot, NewDevice device, string deviceName, RevocationPlan plan,
        ImmutableArray<AuthorityId> leftOut, RecoveryCode? code, bool isStolen, ulong now, IRandom random)
    {
        using var newSlot = code?.DeriveSlot();
        ImmutableArray<(NewAuthority, KemPublicKey)> add =
            newSlot is null ? [device.Entry] : [device.Entry, CodeReplacement.EntryOf(newSlot)];
        var link = new ChainLinkChange(add, [.. plan.Remove.Except(leftOut)]);
        if (AuthorityLimit.FindFull(open.Vault, link) is { } full) return full;
        using var draft = ChainLinkDraft.Next(open, link, slot.Id, now, random);
        var possession = draft.Link.Add.ToDictionary(a => a.Id, a => ChainLinkDraft.ProvePossession(
            a.Id == device.Id ? device.Signing : newSlot!.Signing, draft.Body));
        var change = new ManifestChange
        {
            Notes = [new AuthorityNote(device.Id, deviceName), .. plan.Marks(open.Private)],
            Put = isStolen ? IdentityItem.Due(open) : [],
        };
        var manifest = ManifestDraft.Next(open, draft, change, device.Id, device.Signing, random);
        return new CommitBundle(draft.Sign(slot.Signing, possession), draft.Keyset, manifest, []);
    }
}
